import assert from 'node:assert/strict';
import { type Admission, AdmissionUnavailable } from '#commands/admission.ts';
import { answerCache } from '#commands/generation/answer-cache.ts';
import type { Breakers } from '#commands/generation/breaker-port.ts';
import { budgetBooks } from '#commands/generation/budget-books.ts';
import { generating } from '#commands/generation/generate.ts';
import { settlingLost } from '#commands/generation/settle-lost.ts';
import type { Begun, GeneratePorts, Wanted } from '#commands/generation/wanted.ts';
import { LogUnavailable } from '#commands/ports.ts';
import { windowsAt } from '#domain/budget/windows.ts';
import type { ModelId } from '#domain/ids.ts';
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
import type { World } from '#test/support/command-path.ts';
import { acme } from '#test/support/given.ts';
import { filterWith } from '#test/support/filters.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { testSealer } from '#test/support/sealing.ts';

export const wanted: Wanted = {
  prompt: promptOf('Summarise: The heron fishes at dawn. It stands still.', { maxTokens: 50 }),
  by: { model: 'ours' as ModelId },
  resumable: false,
  canTakeBack: true,
  timeoutMs: 60_000,
};

/** One process with our own model, whose tokens have a price here. */
export async function generationProcess(
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
  const ports: GeneratePorts = {
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
  };
  const { begin, stop } = generating(ports);
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
    /** One that shares log and counters with the first. */
    another: (change: (ports: GeneratePorts) => Partial<GeneratePorts>) =>
      generating({ ...ports, admission: counters, ...change(ports) }),
    lost,
    clock,
    counters,
    typesOf,
    usage,
    takeLogDown: (down: boolean) => (isDown = down),
  };
}

export const ended = async (begun: Begun) =>
  'ended' in begun ? begun.ended : await begun.running.ended;

/** The same models, which answer nothing until this resolves. */
export const silentUntil = (
  resolved: Promise<void>,
  catalogue: GeneratePorts['catalogue'],
): GeneratePorts['catalogue'] => ({
  ...catalogue,
  reach: async (found) => {
    const provider = await catalogue.reach(found);
    const call: typeof provider.call = async function* (attempt) {
      await resolved;
      yield* provider.call(attempt);
    };
    return { ...provider, call };
  },
});
