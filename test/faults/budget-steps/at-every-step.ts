import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { TenantId } from '#domain/ids.ts';
import { scripts } from '#infra/redis/scripts.ts';
import { type Api, apiProcesses, tenantWith } from '#test/support/api-processes.ts';
import { generationsIn, markerIn } from '#test/support/generations-in-log.ts';
import { holdCounter } from '#test/support/hold-counter.ts';
import type { Script } from '#test/support/model-server/script.ts';
import type { ReceivedRequest } from '#test/support/model-server/server.ts';
import { until } from '#test/support/process.ts';
import { type RedisGate, redisGate } from '#test/support/redis-gate.ts';

const MAX_TOKENS = 100;

export const asked = (marker: string) => ({
  model: 'gpt-5-mini',
  messages: [{ role: 'user', content: `Tell me of ${marker}` }],
  maxTokens: MAX_TOKENS,
  timeoutMs: 5_000,
});

/** One process for the steps at which only Redis can keep it, and one for all others. */
type Cast = Readonly<Record<'working' | 'logged' | 'confirmed' | 'debited', Api>>;
type Gates = Readonly<Record<Exclude<keyof Cast, 'working'>, RedisGate>>;

export async function company(t: TestContext) {
  let usage = { input: 20, output: 2 };
  const answer = ({ text }: ReceivedRequest): Script => {
    const whole: Script = { text: ['one ', 'two ', 'three '], usage };
    if (markerIn(text).endsWith('-1001')) return { ...whole, fault: { kind: 'stall', after: 1 } };
    if (markerIn(text).endsWith('-1002')) return { ...whole, fault: { kind: 'slow', everyMs: 80 } };
    return whole;
  };
  const all = await apiProcesses(t, answer);
  const gate = async () => await redisGate(t, all.redis.port);
  const gates: Gates = { logged: await gate(), confirmed: await gate(), debited: await gate() };
  const names = ['working', 'logged', 'confirmed', 'debited'] as const;
  const started = names.map(async (name) => {
    const url = name === 'working' ? undefined : gates[name].url;
    return [name, await all.start(name, 'data', url)] as const;
  });
  const cast = Object.fromEntries(await Promise.all(started)) as unknown as Cast;

  const { key } = await tenantWith(all, 'probe', {});
  const prober = all.first.as(key);
  const made = await prober.post('/v1/generations', asked('marker-9-1009'));
  assert.equal(made.status, 201, made.text);
  const tokens = (await generationsIn(prober))[0]?.reserved?.amount.tokens ?? 0;
  usage = { input: tokens - MAX_TOKENS, output: MAX_TOKENS };
  return { ...all, gates, cast, tokens };
}

export type Company = Awaited<ReturnType<typeof company>>;
export type Round = {
  readonly number: number;
  readonly tenant: TenantId;
  readonly key: string;
  readonly cap: number;
};

export const markerOf = ({ number }: Round, which: number) => `marker-${number}-${1_000 + which}`;

/** Sends it, with its marker as idempotency key; whether anybody hears the answer is left open. */
export const send = async (api: Api, round: Round, which: number) =>
  await api
    .as(round.key)
    .post('/v1/generations', asked(markerOf(round, which)), {
      'idempotency-key': markerOf(round, which),
    })
    .catch(() => undefined);

/** Brings one generation to each step of the path. Answers their windows, and what lets them go on. */
export async function atEveryStep(t: TestContext, all: Company, round: Round) {
  const { cast, gates, models, counters, database } = all;
  const reached = (which: number) =>
    models.requests.find(({ text }) => markerIn(text) === markerOf(round, which));
  // During the call.
  void send(cast.working, round, 1);
  await until(() => (reached(1)?.sent ?? 0) > 1);
  // Logged and not confirmed, confirmed and not called, debited and not settled.
  const shut = [
    gates.logged.shutAt(scripts.confirm, 'asked'),
    gates.confirmed.shutAt(scripts.confirm, 'held'),
    gates.debited.shutAt(scripts.end, 'asked'),
  ];
  void send(cast.logged, round, 3);
  void send(cast.confirmed, round, 4);
  void send(cast.debited, round, 5);
  await Promise.all(shut);
  // Answered and not debited, admitted and not logged.
  void send(cast.working, round, 2);
  await until(() => reached(2) !== undefined);
  const [window] = await windowsOf(all, round);
  const letLog = await holdCounter(t, database);
  void send(cast.working, round, 6);
  await until(async () => {
    const state = await counters.state({
      tenant: round.tenant,
      windows: window!,
      scopes: ['tenant'],
    });
    return state.get('tenant')?.open === 6;
  });
  await until(() => (reached(2)?.sent ?? 0) >= 7);
  const goOn = async () => {
    await letLog();
    for (const gate of Object.values(gates)) gate.open();
  };
  return { windows: window!, goOn };
}

async function windowsOf({ first }: Company, { key }: Round) {
  const generations = await generationsIn(first.as(key));
  return generations.flatMap(({ reserved }) => (reserved ? [reserved.windows] : []));
}
