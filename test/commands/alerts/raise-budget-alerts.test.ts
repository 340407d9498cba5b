import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { raiseBudgetAlerts } from '#commands/alerts/raise-budget-alerts.ts';
import { commandHandler } from '#commands/handle.ts';
import { heldStreams } from '#commands/held-streams.ts';
import { requestBecauseOf } from '#commands/reaction.ts';
import { alertAggregate } from '#domain/alert/decide.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { streamOf } from '#domain/stream.ts';
import { systemIds } from '#infra/system/ids.ts';
import { type World, world } from '#test/support/command-path.ts';
import { acme, umbra } from '#test/support/sealing.ts';

/** The reaction as one process runs it, on a world that it shares with others. */
function reactionOf(
  shared: World,
  used: () => number,
  looks: (generations: readonly string[]) => void = () => {},
) {
  const ports = {
    ...shared,
    ids: systemIds,
    warn: (message: string, error: unknown) => {
      throw new Error(message, { cause: error });
    },
  };
  return raiseBudgetAlerts({
    alerts: commandHandler(ports, alertAggregate, heldStreams(ports, alertAggregate)),
    limitsOf: async () => ({ tokensPerDay: 100, tokensPerMonth: 1_000 }),
    limitsChangedBy: async () => [acme, umbra].map((tenant) => ({ tenant, scope: 'tenant' })),
    useOf: async ({ scope }) => [
      { scope, window: '2026-01-01', used: { tokens: used(), costNanoUsd: 0 } },
    ],
    useAround: async (_, generations) => {
      looks(generations);
      return ['2026-01-01', '2026-01'].map((window) => ({
        scope: 'tenant' as const,
        window,
        used: { tokens: used(), costNanoUsd: 0 },
      }));
    },
  });
}

const happened = (type: string): RecordedEvent =>
  ({
    header: {
      id: randomUUID(),
      tenant: acme,
      type,
      stream: streamOf(acme, 'generation', randomUUID()),
      correlationId: randomUUID(),
    },
    position: 1n,
  }) as unknown as RecordedEvent;

const debit = () => happened('BudgetDebited');

const typesIn = async (shared: World) =>
  (await shared.log.readAll({ after: 0n, limit: 1_000 })).map(({ header }) => header.type);

test('processes that see the same debits at once raise each alert once, and again after a restart none', async () => {
  const shared = world();
  let used = 0;
  const debits = Array.from({ length: 20 }, debit);
  const processes = [reactionOf(shared, () => used), reactionOf(shared, () => used)];
  for (const event of debits) {
    used += 5;
    await Promise.all(
      processes.map(async (one) => await one.react(event, requestBecauseOf(event, one.name))),
    );
  }
  // Four thresholds of the day; the month is at a tenth.
  assert.equal((await typesIn(shared)).length, 4);

  const restarted = reactionOf(shared, () => used);
  for (const event of debits) await restarted.react(event, requestBecauseOf(event, restarted.name));
  assert.equal((await typesIn(shared)).length, 4);
});

test('a debit that leaps over thresholds raises all of them', async () => {
  const shared = world();
  const { name, react } = reactionOf(shared, () => 850);
  const event = debit();
  await react(event, requestBecauseOf(event, name));
  // All of the day's, and of the month 50 and 80 %.
  assert.equal((await typesIn(shared)).length, 6);
});

test('limits that were lowered raise what their tenants have reached of them already', async () => {
  const shared = world();
  const one = reactionOf(shared, () => 85);
  const published = happened('PlanPublished');
  await one.prepare?.([published]);
  for (let times = 0; times < 2; times += 1) {
    await one.react(published, requestBecauseOf(published, one.name));
  }
  const raised = (await shared.log.readAll({ after: 0n, limit: 10 })).map(({ header }) => header);
  assert.deepEqual(
    raised.map(({ tenant, type }) => `${tenant} ${type}`),
    [acme, acme, umbra, umbra].map((tenant) => `${tenant} BudgetThresholdReached`),
  );
});

test('of a batch one look does, and what is raised is not asked of its stream again', async () => {
  const shared = world();
  const looks: number[] = [];
  const one = reactionOf(
    shared,
    () => 55,
    (generations) => looks.push(generations.length),
  );
  for (let batches = 0; batches < 2; batches += 1) {
    const debits = Array.from({ length: 10 }, debit);
    await one.prepare?.(debits);
    for (const event of debits) await one.react(event, requestBecauseOf(event, one.name));
  }
  const late = debit();
  await one.react(late, requestBecauseOf(late, one.name));
  assert.deepEqual(looks, [10, 10, 1], 'one that was not told of is looked at by itself');
  assert.deepEqual(await typesIn(shared), ['BudgetThresholdReached']);
});
