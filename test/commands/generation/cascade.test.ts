import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { answerCache } from '#commands/generation/answer-cache.ts';
import { budgetBooks } from '#commands/generation/budget-books.ts';
import { generating } from '#commands/generation/generate.ts';
import type { Wanted } from '#commands/generation/wanted.ts';
import { type BreakerStatus, breakerSettings } from '#domain/breaker/breaker.ts';
import type { CascadeId, ModelId } from '#domain/ids.ts';
import { memoryAdmission } from '#infra/memory/admission/admission.ts';
import { memoryAnswerStore } from '#infra/memory/answer-store.ts';
import { memoryBreakers } from '#infra/memory/breakers.ts';
import { memoryModelCalls } from '#infra/memory/model-calls.ts';
import { memoryEventLog } from '#infra/memory/event-log.ts';
import { memorySnapshotStore } from '#infra/memory/snapshot-store.ts';
import { reachProvider } from '#infra/models/reach-provider.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { promptOf } from '#test/support/answers.ts';
import { byOperator, catalogue } from '#test/support/catalogue.ts';
import { type World, request } from '#test/support/command-path.ts';
import { filterWith } from '#test/support/filters.ts';
import type { Script } from '#test/support/model-server/script.ts';
import { startModelServer } from '#test/support/model-server/server.ts';
import { until } from '#test/support/process.ts';
import { seededRandom } from '#test/support/random.ts';
import { testSealer } from '#test/support/sealing.ts';

const SEED = Number(process.env['CASCADE_SEED'] ?? 2_024);
/** The long form: CASCADE_REQUESTS=10000. */
const REQUESTS = Number(process.env['CASCADE_REQUESTS'] ?? 1_000);
const AT_ONCE = 20;

const wanted: Wanted = {
  prompt: promptOf('What does a heron eat?', { maxTokens: 50 }),
  by: { task: 'converse' as CascadeId },
  resumable: false,
  canTakeBack: true,
  timeoutMs: 10_000,
};

/** Two models over HTTP by the real client libraries, OpenAI's and Anthropic's; the first one answers what it is told to. */
async function cascade(t: TestContext, first: () => Script) {
  const doubles = [await startModelServer(first), await startModelServer()];
  for (const double of doubles) t.after(async () => await double.stop());
  const clock = { ...systemClock, advance: async () => undefined };
  const sealer = testSealer({ clock });
  const log = memoryEventLog({ clock });
  const world: World = { clock, log, sealer, snapshots: memorySnapshotStore() };
  const { streams, find, setKey, ...publish } = catalogue(world);
  const models = ['first', 'second'] as ModelId[];
  for (const [index, model] of models.entries()) {
    const provider = model as string as never;
    const { origin } = doubles[index]!;
    const wire =
      model === 'first'
        ? ({ protocol: 'openai', baseUrl: `${origin}/v1` } as const)
        : ({ protocol: 'anthropic', baseUrl: origin } as const);
    await publish.publishProvider(model, wire);
    await setKey(provider, 'sk-of-the-platform-0123456789', byOperator());
    await publish.publishModel(model, { provider });
    await publish.publishPrice(model);
  }
  const changes: { readonly model: string; readonly to: BreakerStatus }[] = [];
  const { handle: generations, history: generationHistory } = streams.generations;
  const budgets = { budgets: streams.budgets.handle, budgetHistory: streams.budgets.history };
  const books = budgetBooks({ log, sealer, ...budgets });
  const { begin, stop } = generating({
    generations,
    generationHistory,
    admission: memoryAdmission({ clock, ids: systemIds, books }),
    calls: memoryModelCalls({ clock }),
    answers: answerCache({ sealer: sealer, store: memoryAnswerStore({ clock }), clock }),
    breakers: memoryBreakers({
      clock,
      changed: ({ model }, to) => changes.push({ model, to }),
      settings: { ...breakerSettings, openMs: 1_000 },
    }),
    catalogue: { find, reach: reachProvider({ clock }), cascade: async () => models },
    claimsOf: async (_, limits) => [{ scope: 'tenant', limits }],
    entitlement: async () => ({
      limits: {},
      models: ['*'],
      features: ['generation'],
      zones: { timeZone: 'UTC' },
      region: undefined,
    }),
    filterFor: () => filterWith([]),
    clock,
    ids: systemIds,
    aboutToHold: () => undefined,
    warn: (message, error) => {
      throw new Error(message, { cause: error });
    },
  });
  t.after(stop);
  const generated = async () => {
    const begun = await begin(wanted, request());
    return { id: begun.id, ...('ended' in begun ? begun.ended : await begun.running.ended) };
  };
  return { generated, changes, doubles };
}

test(`${REQUESTS} requests are answered though the first model fails 30 % of its calls and stalls at 5 %`, async (t) => {
  const random = seededRandom(SEED);
  const fine: Script = { text: ['Fish', ' and frogs.'], usage: { input: 12, output: 4 } };
  let isHealed = false;
  const { generated, changes } = await cascade(t, () => {
    if (isHealed) return fine;
    const drawn = random.next();
    if (drawn < 0.3) return { fault: { kind: 'status', status: 500 } };
    if (drawn < 0.35) return { ...fine, fault: { kind: 'stall', after: random.below(2) } };
    return fine;
  });
  const reasons = new Map<string, number>();
  let left = REQUESTS;
  const client = async () => {
    while (left-- > 0) {
      const { state } = await generated();
      const reason = state.status === 'completed' ? 'answered' : JSON.stringify(state);
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  const answered = reasons.get('answered') ?? 0;
  t.diagnostic(`seed ${SEED}: ${answered} of ${REQUESTS} answered; ${changes.length} changes`);
  assert.ok(answered >= REQUESTS * 0.999, JSON.stringify([...reasons]));
  assert.ok(changes.every(({ model }) => model === 'first'));
  assert.equal(changes[0]?.to, 'open');
  isHealed = true;
  await until(async () => {
    await generated();
    return changes.at(-1)?.to === 'closed';
  });
  const passed = new Set(
    changes.map(({ to }, index) => `${changes[index - 1]?.to ?? 'closed'} to ${to}`),
  );
  // A probe may fail while the model is ill; every other change is certain.
  passed.delete('half-open to open');
  assert.deepEqual([...passed], ['closed to open', 'open to half-open', 'half-open to closed']);
});

test('for a model that is left alone nothing is reserved, and it is not asked', async (t) => {
  const failing: Script = { fault: { kind: 'status', status: 503 } };
  const { generated, doubles, changes } = await cascade(t, () => failing);
  for (let tries = 0; changes.length === 0; tries += 1) {
    const { state } = await generated();
    assert.ok(state.status === 'completed' && tries < breakerSettings.minCalls);
  }
  const before = doubles[0]!.requests.length;
  const { state, id } = await generated();
  assert.ok(state.status === 'completed');
  assert.deepEqual([state.models, state.attempts], [['second'], [1]], id);
  assert.equal(doubles[0]!.requests.length, before);
});
