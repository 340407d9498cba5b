import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdmissionUnavailable } from '#commands/admission.ts';
import type { Breakers } from '#commands/generation/breaker-port.ts';
import { LogUnavailable } from '#commands/ports.ts';
import { zero } from '#domain/amount.ts';
import type { CascadeId } from '#domain/ids.ts';
import { memoryBreakers } from '#infra/memory/breakers.ts';
import { promptOf } from '#test/support/answers.ts';
import { request } from '#test/support/command-path.ts';
import { ended, generationProcess, silentUntil, wanted } from '#test/support/generation-process.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { until } from '#test/support/process.ts';

const LEASE_MS = 20_000;
const ALMOST_MS = 14_000;

/** Counters that say so often whether they have a hold, and then no more until they are told to. */
async function silent(after = 0, breakers: Partial<Breakers> = {}) {
  let isSilent = true;
  let asked = 0;
  let takesMs = 0;
  const all: Awaited<ReturnType<typeof generationProcess>> = await generationProcess(
    (counters) => ({
      confirm: async (step) => {
        asked += 1;
        if (isSilent && asked > after) throw new AdmissionUnavailable('they are away');
        if (takesMs > 0) await all.clock.sleep(takesMs);
        return await counters.confirm(step);
      },
    }),
    breakers,
  );
  return {
    ...all,
    isAsked: () => until(() => asked > after && all.clock.sleepers > 0),
    speak: (inMs = 0) => {
      isSilent = false;
      takesMs = inMs;
    },
  };
}

const nothing = { settled: zero, held: zero, open: 0, drift: [] };

test('a hold whose confirmation is late is used all the same', async () => {
  const { begin, isAsked, speak, clock, typesOf } = await silent();
  const beginning = begin(wanted, request());
  await isAsked();
  await clock.advance(ALMOST_MS);
  speak();
  await clock.advance(1_000);
  assert.equal((await ended(await beginning)).state.status, 'completed');
  assert.equal((await typesOf()).filter((type) => type === 'BudgetDebited').length, 1);
});

test('a hold that nobody confirms is given up before its lease or its time is over, and takes nothing', async () => {
  for (const [timeoutMs, withinMs] of [
    [60_000, LEASE_MS],
    [3_000, 4_000],
  ] as const) {
    const { begin, isAsked, clock, typesOf, usage } = await silent();
    const beginning = begin({ ...wanted, timeoutMs }, request());
    beginning.catch(() => undefined);
    await isAsked();
    await clock.advance(withinMs);
    await assert.rejects(beginning, AdmissionUnavailable);
    assert.equal((await typesOf()).at(-1), 'GenerationFailed');
    assert.deepEqual(await usage(), nothing);
  }
});

test('a lease of which much has passed before the confirmation is renewed at once', async () => {
  const answer = Promise.withResolvers<void>();
  const { another, isAsked, speak, clock, lost, usage } = await silent();
  const { begin } = another(({ admission, catalogue }) => ({
    admission,
    catalogue: silentUntil(answer.promise, catalogue),
  }));
  const beginning = begin(wanted, request());
  await isAsked();
  await clock.advance(ALMOST_MS);
  speak(3_000);
  await clock.advance(3_500);
  const begun = await beginning;
  await clock.advance(LEASE_MS / 2);
  await lost.settle();
  assert.equal((await usage()).open, 1);
  answer.resolve();
  assert.equal((await ended(begun)).state.status, 'completed');
});

test('a raised hold whose confirmation is late is used all the same', async () => {
  const breakers = memoryBreakers({ clock: manualClock() });
  const { begin, isAsked, speak, clock, typesOf, usage } = await silent(1, {
    ...breakers,
    acquire: async (at) => (at.model === 'ours' ? undefined : await breakers.acquire(at)),
  });
  const byTask = { ...wanted, by: { task: 'converse' as CascadeId } };
  const begun = await begin(byTask, request());
  await isAsked();
  await clock.advance(ALMOST_MS);
  speak();
  await clock.advance(1_000);
  const { state } = await ended(begun);
  assert.deepEqual([state.status, (await usage()).open], ['completed', 0]);
  assert.equal((await typesOf()).filter((type) => type === 'BudgetDebited').length, 1);
});

/** Counters that make a hold, whose first answer is lost. */
const unheard = async () => {
  let isLost = false;
  return await generationProcess((counters) => ({
    reserve: async (asked) => {
      const held = await counters.reserve(asked);
      if (isLost || held.status !== 'held') return held;
      isLost = true;
      throw new AdmissionUnavailable('no answer');
    },
  }));
};

test('a hold that was made and not heard of is used by whoever sends the same again', async () => {
  const { begin, typesOf, usage } = await unheard();
  const asked = request();
  await assert.rejects(begin(wanted, asked), AdmissionUnavailable);
  assert.equal((await usage()).open, 1);
  assert.equal((await ended(await begin(wanted, asked))).state.status, 'completed');
  assert.equal((await typesOf()).filter((type) => type === 'BudgetDebited').length, 1);
  const { held, open, drift } = await usage();
  assert.deepEqual([held, open, drift], [zero, 0, []]);
});

test('a hold that could not be logged is used by whoever sends the same again', async () => {
  const { begin, takeLogDown, typesOf, usage } = await generationProcess();
  const asked = request();
  takeLogDown(true);
  await assert.rejects(begin(wanted, asked), LogUnavailable);
  assert.equal((await usage()).open, 1);
  takeLogDown(false);
  assert.equal((await ended(await begin(wanted, asked))).state.status, 'completed');
  assert.equal((await typesOf()).filter((type) => type === 'BudgetDebited').length, 1);
  const { held, open, drift } = await usage();
  assert.deepEqual([held, open, drift], [zero, 0, []]);
});

test('a hold for a shorter answer that was not heard of is used by whoever sends the same again', async () => {
  const { begin, usage } = await unheard();
  const asked = request();
  // More than the day's tokens, and half of it is not.
  const long = { ...wanted, prompt: promptOf('Summarise: The heron.', { maxTokens: 1_500 }) };
  await assert.rejects(begin(long, asked), AdmissionUnavailable);
  assert.equal((await usage()).open, 1);
  assert.equal((await ended(await begin(long, asked))).state.status, 'completed');
  const { held, open, drift } = await usage();
  assert.deepEqual([held, open, drift], [zero, 0, []]);
});

test('a hold that was made for less is used by nobody, and is free again after its lease', async () => {
  const { begin, clock, lost, usage } = await unheard();
  const asked = request();
  const less = { ...wanted, prompt: promptOf('Summarise: The heron.', { maxTokens: 5 }) };
  await assert.rejects(begin(less, asked), AdmissionUnavailable);
  await assert.rejects(begin(wanted, asked), { code: 'generation/not-here' });
  await clock.advance(LEASE_MS);
  await lost.settle();
  assert.deepEqual(await usage(), nothing);
});
