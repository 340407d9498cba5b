import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { projectBudgetBreaches } from '#commands/alerts/project-budget-breaches.ts';
import { commandHandler } from '#commands/handle.ts';
import { heldStreams } from '#commands/held-streams.ts';
import { requestBecauseOf } from '#commands/reaction.ts';
import { alertAggregate } from '#domain/alert/decide.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { streamOf } from '#domain/stream.ts';
import { systemIds } from '#infra/system/ids.ts';
import { world } from '#test/support/command-path.ts';
import { acme } from '#test/support/sealing.ts';

const reservation = (): RecordedEvent =>
  ({
    header: {
      id: randomUUID(),
      tenant: acme,
      type: 'BudgetReserved',
      stream: streamOf(acme, 'generation', randomUUID()),
      correlationId: randomUUID(),
    },
    position: 1n,
  }) as unknown as RecordedEvent;

test('a window that will likely end above its limit is told of once, and one that will not is not', async () => {
  const shared = world();
  let asked = 0;
  const tokens = { budget: 'tokensPerDay', window: '2026-01-01', limit: 100, settled: 40 } as const;
  let p50 = 90;
  let isAway = true;
  const ports = {
    ...shared,
    ids: systemIds,
    warn: (message: string, error: unknown) => {
      throw new Error(message, { cause: error });
    },
  };
  const { name, react } = projectBudgetBreaches({
    alerts: commandHandler(ports, alertAggregate, heldStreams(ports, alertAggregate)),
    scopesIn: async () => ['tenant'],
    outlooks: async () => {
      asked += 1;
      if (isAway) throw new Error('The view is away.');
      const month = { ...tokens, budget: 'tokensPerMonth', window: '2026-01' } as const;
      return [
        { ...tokens, p50, p90: 200 },
        { ...month, limit: null, p50: 9_000, p90: 9_000 },
        { ...month, budget: 'costPerMonthNanoUsd', settled: 100, p50: 900, p90: 900 },
      ];
    },
    clock: shared.clock,
  });
  const raised = async () =>
    (await shared.log.readAll({ after: 0n, limit: 10 })).map(({ header }) => header.type);
  const happens = async () => {
    const event = reservation();
    await react(event, requestBecauseOf(event, name));
  };

  await assert.rejects(happens(), /away/);
  isAway = false;
  // A look that failed does not count as one: the event is looked at again at once.
  await happens();
  assert.deepEqual([asked, await raised()], [2, []]);
  p50 = 120;
  await happens();
  assert.deepEqual([asked, await raised()], [2, []]);
  for (let times = 0; times < 3; times += 1) {
    await shared.clock.advance(600_000);
    await happens();
  }
  assert.deepEqual([asked, await raised()], [5, ['BudgetBreachProjected']]);
});
