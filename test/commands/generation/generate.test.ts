import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdmissionUnavailable } from '#commands/admission.ts';
import { LogUnavailable } from '#commands/ports.ts';
import { zero } from '#domain/amount.ts';
import { breakerSettings } from '#domain/breaker/breaker.ts';
import type { CascadeId, ModelId, ProviderId } from '#domain/ids.ts';
import { memoryBreakers } from '#infra/memory/breakers.ts';
import { request } from '#test/support/command-path.ts';
import { acme } from '#test/support/given.ts';
import { ended, generationProcess, wanted } from '#test/support/generation-process.ts';
import { manualClock } from '#test/support/manual-clock.ts';

const LEASE_MS = 20_000;

test('the counters hold what the log debited, also when they are built anew', async () => {
  const { begin, usage, counters } = await generationProcess();
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
  const { begin, takeLogDown, lost, clock, typesOf, usage } = await generationProcess();
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
  const { begin, typesOf, usage } = await generationProcess((counters) => ({
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
  const { begin, typesOf, usage } = await generationProcess(() => ({
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
    const { begin, typesOf, usage } = await generationProcess(
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
  const { begin } = await generationProcess(
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
  const { begin, lost, clock, typesOf, usage } = await generationProcess((counters) => ({
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
  const { begin, lost, clock, usage } = await generationProcess((counters) => ({
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
  const { begin, stop, usage } = await generationProcess((counters) => ({
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
