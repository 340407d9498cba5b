import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemberId, TenantId } from '#domain/ids.ts';
import { type ExportedUse, exportedUsage } from '#projections/usage/exported-usage.ts';
import { pace } from '#projections/pace.ts';
import { localProgress } from '#projections/progress.ts';
import { usage } from '#projections/usage/projection.ts';

import {
  type ChosenUsage,
  type UsageBy,
  type UsageItem,
  usageBy,
  usageBys,
} from '#projections/usage/usage-by.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { caughtUp, eventually, operations } from '#test/support/projections.ts';
import { acme, umbra } from '#test/support/sealing.ts';
import { type Scripted, inViews, scripted } from '#test/support/usage-script.ts';
import { summed } from '#test/support/usage-sums.ts';

const everything: ChosenUsage = { of: 'day', from: undefined, to: undefined, own: undefined };

const shown = (use: Omit<UsageItem, 'value'>) => [
  use.attempts,
  use.tokens,
  use.cost_nano_usd,
  use.assumed_attempts,
  use.assumed_cost_nano_usd,
];

/** Page after page. */
async function read(script: Scripted, tenant: TenantId, by: UsageBy, chosen: ChosenUsage) {
  const items: string[][] = [];
  for (let after: readonly (string | number)[] | undefined; ;) {
    const asked = { by, chosen, after, limit: 2 };
    const page = await inViews(script, tenant, (tables: Parameters<typeof usageBy>[0]) =>
      usageBy(tables, tenant, asked),
    );
    items.push(...page.items.map((item) => [item.value, ...shown(item)]));
    if (page.next === undefined) return { items, totals: shown(page.totals) };
    after = page.next;
  }
}

async function assertIsTheLog(script: Scripted) {
  await caughtUp(script.world, script.process, [usage]);
  assert.deepEqual(await script.world.store.deadLetters(), []);
  for (const tenant of [acme, umbra]) {
    const one = script.written.lines.find(
      (line) => line.tenant === tenant && line.document !== '',
    )!;
    const choices: ChosenUsage[] = [
      everything,
      { ...everything, from: '2026-03-02', to: '2026-03-04' },
      { ...everything, of: 'hour', from: '2026-03-01T12:00:00Z', to: '2026-03-03T05:00:00Z' },
      { ...everything, own: one.member as MemberId },
      { ...everything, own: one.member as MemberId, member: 'another' },
      { ...everything, member: one.member, model: one.model },
      { ...everything, document: one.document, outcome: 'completed' },
      { ...everything, key: '0123456789abcdef', label: 'team=a', from: '2026-03-02' },
    ];
    for (const by of usageBys) {
      for (const chosen of choices) {
        const expected = summed(script.written, tenant, by, chosen);
        const about = `${tenant} by ${by} of ${JSON.stringify(chosen)}`;
        assert.deepEqual(await read(script, tenant, by, chosen), expected, about);
      }
    }
  }
}

for (const seed of [1, 2, 3]) {
  test(`every view of use is the sum of the log, whatever happened (seed ${seed})`, async (t) => {
    await assertIsTheLog(await scripted(t, seed));
  });
}

test('use that is built anew is what it was', async (t) => {
  const script = await scripted(t, 4);
  const { world, process } = script;
  await caughtUp(world, process, [usage]);
  await operations(world, [usage], process).rebuild('usage');
  await eventually(async () => {
    const { rows } = await world.database.pool.query('select schema_name from projection_registry');
    return rows[0].schema_name === 'usage_v1_g2';
  }, 'the new build is read');
  await assertIsTheLog(script);
});

test('an export holds every bucket once, hour after hour', async (t) => {
  const script = await scripted(t, 5);
  await caughtUp(script.world, script.process, [usage]);
  const exported: ExportedUse[] = [];
  for (let after: Date | undefined; ;) {
    const asked = { chosen: everything, after };
    const rows = await inViews(script, acme, (tables: Parameters<typeof exportedUsage>[0]) =>
      exportedUsage(tables, acme, asked),
    );
    if (rows.length === 0) break;
    exported.push(...rows);
    after = rows.at(-1)!.hour;
  }
  assert.equal(new Set(exported.map(({ bucket }) => bucket)).size, exported.length);
  const total = (of: 'attempts' | 'tokens' | 'cost_nano_usd') =>
    String(exported.reduce((sum, use) => sum + BigInt(use[of]), 0n));
  const { totals } = summed(script.written, acme, 'day', everything);
  assert.deepEqual(
    [total('attempts'), total('tokens'), total('cost_nano_usd')],
    totals.slice(0, 3),
  );
});

test('however busy the log is, use is never shown more than a second late for want of a batch', async () => {
  const [clock, progress] = [manualClock(), localProgress()];
  const { took, rest } = pace({ projection: usage, clock, progress });
  for (let at = 1n; at <= 1_000n; at += 1n) {
    const to = { position: at, eventId: undefined, ordinal: at };
    took({ live: true, to });
  }
  const rested = rest(new AbortController().signal);
  await clock.advance(999);
  await rested;
});
