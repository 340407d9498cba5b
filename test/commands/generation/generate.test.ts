import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Admission, AdmissionUnavailable } from '#commands/admission.ts';
import { answerCache } from '#commands/generation/answer-cache.ts';
import type { Breakers } from '#commands/generation/breaker-port.ts';
import { budgetBooks } from '#commands/generation/budget-books.ts';
import { generating } from '#commands/generation/generate.ts';
import { settlingLost } from '#commands/generation/settle-lost.ts';
import type { Wanted } from '#commands/generation/wanted.ts';
import { LogUnavailable } from '#commands/ports.ts';
import { zero } from '#domain/amount.ts';
import { windowsAt } from '#domain/budget/windows.ts';
import { breakerSettings } from '#domain/breaker/breaker.ts';
import type { CascadeId, ModelId, ProviderId } from '#domain/ids.ts';
import { memoryAdmission } from '#infra/memory/admission/admission.ts';
import { memoryAnswerStore } from '#infra/memory/answer-store.ts';
import { memoryBreakers } from '#infra/memory/breakers.ts';
import { memoryModelCalls } from '#infra/memory/model-calls.ts';
import { memoryEventLog } from '#infra/memory/event-log.ts';
import { reachProvider } from '#infra/models/reach-provider.ts';
import { memorySnapshotStore } from '#infra/memory/snapshot-store.ts';
import { systemIds } from '#infra/system/ids.ts';
import { promptOf } from '#test/support/answers.ts';
import { catalogue } from '#test/support/catalogue.ts';
import { type World, request } from '#test/support/command-path.ts';
import { acme } from '#test/support/given.ts';
import { filterWith } from '#test/support/filters.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { testSealer } from '#test/support/sealing.ts';

const wanted: Wanted = {
  prompt: promptOf('Summarise: The heron fishes at dawn. It stands still.', { maxTokens: 50 }),
  by: { model: 'ours' as ModelId },
  resumable: false,
  canTakeBack: true,
  timeoutMs: 60_000,
};
const LEASE_MS = 20_000;

/** One process with our own model, whose tokens have a price here. */
async function process(
  change: (admission: Admission) => Partial<Admission> = () => ({}),
  changedBreakers: Partial<Breakers> = {},
) {
  const clock = manualClock();
  let isDown = false;
  const kept = memoryEventLog({ clock });
  const log: World['log'] = {
    ...kept,
    append: async (stream, ...rest) => {
      if (isDown && stream.includes('/generation/')) throw new LogUnavailable('it is down');
      return await kept.append(stream, ...rest);
    },
  };
  const world: World = {
    clock,
    log,
    sealer: testSealer({ clock }),
    snapshots: memorySnapshotStore(),
  };
  const { streams, find, publishProvider, publishModel, publishPrice } = catalogue(world);
  await publishProvider('openai', { protocol: 'offline' });
  const models = ['ours', 'another'] as ModelId[];
  for (const model of models) {
    await publishModel(model);
    await publishPrice(model);
  }
  const { handle: generations, history: generationHistory } = streams.generations;
  const books = budgetBooks({
    ...world,
    budgets: streams.budgets.handle,
    budgetHistory: streams.budgets.history,
  });
  const counters = memoryAdmission({ clock, ids: systemIds, books });
  const admission = { ...counters, ...change(counters) };
  const onError = (error: unknown) => {
    throw error;
  };
  const lost = settlingLost({ log, generations, admission, clock, onError });
  const zones = { timeZone: 'UTC' };
  const limits = { tokensPerDay: 1_000 };
  const { begin, stop } = generating({
    generations,
    generationHistory,
    admission,
    calls: memoryModelCalls({ clock }),
    answers: answerCache({ sealer: world.sealer, store: memoryAnswerStore({ clock }), clock }),
    breakers: { ...memoryBreakers({ clock }), ...changedBreakers },
    catalogue: { find, reach: reachProvider({ clock }), cascade: async () => models },
    claimsOf: async (_, limits) => [{ scope: 'tenant', limits }],
    entitlement: async () => ({
      limits,
      models: ['*'],
      features: ['generation'],
      zones,
      region: undefined,
    }),
    filterFor: () => filterWith([]),
    clock,
    ids: systemIds,
    aboutToHold: lost.watch,
    warn: (_, error) => {
      if (!(error instanceof AdmissionUnavailable)) onError(error);
    },
  });
  const typesOf = async () =>
    (await kept.readAll({ after: 0n, tenant: acme, limit: 1_000 })).map(
      ({ header }) => header.type,
    );
  const usage = async () => {
    const { day, month } = windowsAt(clock.now(), zones);
    const windows = { day: day.id, month: month.id };
    const scopes = ['tenant'] as const;
    const standing = (await counters.state({ tenant: acme, windows, scopes })).get('tenant');
    assert.ok(standing);
    const drift = await counters.compare(acme, [day.id, month.id]);
    return { settled: standing.settled.day, held: standing.held.day, open: standing.open, drift };
  };
  return {
    begin,
    stop,
    lost,
    clock,
    counters,
    typesOf,
    usage,
    takeLogDown: (down: boolean) => (isDown = down),
  };
}

const ended = async (begun: Awaited<ReturnType<Awaited<ReturnType<typeof process>>['begin']>>) =>
  'ended' in begun ? begun.ended : await begun.running.ended;

test('the counters hold what the log debited, also when they are built anew', async () => {
  const { begin, usage, counters } = await process();
  const { state } = await ended(await begin(wanted, request()));
  assert.ok(state.status === 'completed');
  const { amount } = state.debits.get(1) ?? assert.fail('it was not debited');
  assert.ok(amount.costNanoUsd > 0);
  const before = await usage();
  assert.deepEqual(before, { settled: amount, held: zero, open: 0, drift: [] });
  await counters.rebuild(acme);
  assert.deepEqual(await usage(), before);
});

test('a hold that the log never heard of is abandoned after its lease, and free again', async () => {
  const { begin, takeLogDown, lost, clock, typesOf, usage } = await process();
  takeLogDown(true);
  await assert.rejects(begin(wanted, request()), LogUnavailable);
  takeLogDown(false);
  assert.equal((await usage()).open, 1);
  await lost.settle();
  assert.ok(!(await typesOf()).includes('GenerationAbandoned'), 'its lease is not over');
  await clock.advance(LEASE_MS);
  await lost.settle();
  assert.ok((await typesOf()).includes('GenerationAbandoned'));
  assert.deepEqual(await usage(), { settled: zero, held: zero, open: 0, drift: [] });
});

test('counters that are lost before the log knows of a hold confirm nothing until it is made anew', async () => {
  let losses = 0;
  const { begin, typesOf, usage } = await process((counters) => ({
    reserve: async (asked) => {
      const held = await counters.reserve(asked);
      losses += 1;
      if (losses === 1) await counters.rebuild(acme);
      return held;
    },
  }));
  const { state } = await ended(await begin(wanted, request()));
  assert.equal(state.status, 'completed');
  assert.equal((await typesOf()).filter((type) => type === 'BudgetReserved').length, 2);
  const { held, open, drift } = await usage();
  assert.deepEqual([held, open, drift], [zero, 0, []]);
});

test('a hold that is gone when it is to be confirmed calls nobody and takes nothing', async () => {
  const { begin, typesOf, usage } = await process(() => ({
    confirm: async () => ({ status: 'foreign' }),
  }));
  await assert.rejects(begin(wanted, request()), /the hold was lost/);
  const types = await typesOf();
  assert.deepEqual(
    types.filter((type) => /^Generation|^Budget|^Attempt/.test(type)),
    ['GenerationRequested', 'BudgetReserved', 'GenerationFailed'],
  );
  assert.deepEqual(await usage(), { settled: zero, held: zero, open: 0, drift: [] });
});

test('a breaker that cannot be asked calls nobody and takes nothing, however long the counters take', async () => {
  for (const turns of [0, 3]) {
    const { begin, typesOf, usage } = await process(
      (counters) => ({
        confirm: async (step) => {
          for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
          return await counters.confirm(step);
        },
      }),
      { acquire: () => Promise.reject(new Error('no breaker')) },
    );
    await assert.rejects(begin(wanted, request()), /no breaker/);
    assert.equal((await typesOf()).at(-1), 'GenerationFailed');
    assert.deepEqual(await usage(), { settled: zero, held: zero, open: 0, drift: [] });
  }
});

test('a probe that cannot be paid for is free for others at once', async () => {
  const time = manualClock();
  const settings = { ...breakerSettings, minCalls: 1 };
  const breakers = memoryBreakers({ clock: time, settings });
  const another = { provider: 'openai' as ProviderId, model: 'another' as ModelId };
  await breakers.record(another, (await breakers.acquire(another))!, 'failed');
  await time.advance(settings.openMs);
  const { begin } = await process(
    () => ({ topUp: () => Promise.reject(new AdmissionUnavailable('they are away')) }),
    {
      ...breakers,
      acquire: async (at) => (at.model === 'ours' ? undefined : await breakers.acquire(at)),
    },
  );
  const byTask = { ...wanted, by: { task: 'converse' as CascadeId } };
  const { state } = await ended(await begin(byTask, request()));
  assert.equal(state.status, 'failed');
  assert.deepEqual(await breakers.standing(another), { status: 'half-open', waitMs: 0 });
});

test('a request that was settled by another while it slept is debited once', async () => {
  const { begin, lost, clock, typesOf, usage } = await process((counters) => ({
    confirm: async (step) => {
      const confirmed = await counters.confirm(step);
      // The process sleeps for two minutes just before it calls; another one looks for lost holds.
      await clock.advance(120_000);
      await lost.settle();
      return confirmed;
    },
  }));
  const { state } = await ended(await begin(wanted, request()));
  assert.ok(state.status === 'failed');
  assert.equal(state.reason, 'lost');
  assert.equal((await typesOf()).filter((type) => type === 'BudgetDebited').length, 1);
  const { settled, held, open, drift } = await usage();
  assert.deepEqual(settled, state.debits.get(1)?.amount);
  assert.deepEqual([held, open, drift], [zero, 0, []]);
});

test('a generation that has ended is answered though the counters cannot hear of it, and they do later', async () => {
  let isAway = true;
  const { begin, lost, clock, usage } = await process((counters) => ({
    settle: async (...of) => {
      if (isAway) throw new AdmissionUnavailable('they are away');
      return await counters.settle(...of);
    },
  }));
  const { state } = await ended(await begin(wanted, request()));
  assert.ok(state.status === 'completed');
  assert.equal((await usage()).open, 1);
  isAway = false;
  await clock.advance(LEASE_MS);
  await lost.settle();
  const settled = state.debits.get(1)?.amount;
  assert.deepEqual(await usage(), { settled, held: zero, open: 0, drift: [] });
});

test('what is admitted while the server stops is called off and owes nothing, and is waited for', async () => {
  const [asked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { begin, stop, usage } = await process((counters) => ({
    confirm: async (step) => {
      asked.resolve();
      await goOn.promise;
      return await counters.confirm(step);
    },
  }));
  const beginning = begin({ ...wanted, resumable: true }, request());
  await asked.promise;
  let isStopped = false;
  const stopping = stop().then(() => (isStopped = true));
  await new Promise(setImmediate);
  assert.equal(isStopped, false);
  goOn.resolve();
  const { state } = await ended(await beginning);
  assert.equal(state.status, 'aborted');
  await stopping;
  assert.deepEqual(await usage(), { settled: zero, held: zero, open: 0, drift: [] });
});
