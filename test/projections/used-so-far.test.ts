import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Scope } from '#domain/budget/limits.ts';
import { usage } from '#projections/usage/projection.ts';
import { usedSoFar } from '#projections/usage/used-so-far.ts';
import { caughtUp } from '#test/support/projections.ts';
import { acme, umbra } from '#test/support/sealing.ts';
import { inViews, scripted } from '#test/support/usage-script.ts';
import type { Counted } from '#test/support/usage-sums.ts';

const sumOf = (of: 'tokens' | 'cost', among: readonly { tokens: bigint; cost: bigint }[]) =>
  Number(among.reduce((sum, one) => sum + one[of], 0n));

test('a generation under way holds what it may still spend, and what it spent is settled, whatever the scope', async (t) => {
  const script = await scripted(t, 6);
  await caughtUp(script.world, script.process, [usage]);
  const { lines, holds, labels } = script.written;
  const someone = lines.find(({ tenant }) => tenant === acme)!.member;
  const scopes: [Scope, (one: Counted) => boolean][] = [
    ['tenant', () => true],
    [`member:${someone}`, ({ member }) => member === someone],
    ['key:0123456789abcdef', ({ key }) => key === '0123456789abcdef'],
    ['label:team=a', ({ generation }) => labels.get(generation)!.includes('team=a')],
  ];
  for (const tenant of [acme, umbra]) {
    for (const [scope, isIn] of scopes) {
      for (const day of ['2026-03-01', '2026-03-02', '2026-03-03']) {
        const window = (id: string) => ({ id, endsAt: 0 });
        const now = new Date('2026-03-03T10:30:00Z');
        const asked = { scope, now, windows: { day: window(day), month: window('2026-03') } };
        const { windows, hours } = await inViews(
          script,
          tenant,
          (tables: Parameters<typeof usedSoFar>[0]) => usedSoFar(tables, tenant, asked),
        );
        const ours = lines.filter((line) => line.tenant === tenant && isIn(line));
        const open = holds.filter((hold) => hold.tenant === tenant && isIn(hold));
        const [spent, held] = [ours, open].map((all) => all.filter((one) => one.day === day));
        assert.deepEqual(windows.day, {
          settled: { tokens: sumOf('tokens', spent!), costNanoUsd: sumOf('cost', spent!) },
          held: { tokens: sumOf('tokens', held!), costNanoUsd: sumOf('cost', held!) },
        });
        assert.equal(windows.month.settled.costNanoUsd, sumOf('cost', ours));
        assert.equal(windows.month.held.costNanoUsd, sumOf('cost', open));
        const before = ours.filter(({ hour }) => hour < '2026-03-03T10');
        const told = hours.reduce((sum, { tokens }) => sum + tokens, 0);
        assert.equal(told, sumOf('tokens', before));
      }
    }
  }
});
