import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { scripts } from '#infra/redis/scripts.ts';
import type { Api } from '#test/support/api-processes.ts';
import { type Gate, postgresGate, redisGate } from '#test/support/gate.ts';
import { generationsIn, markerIn } from '#test/support/generations-in-log.ts';
import { until } from '#test/support/process.ts';
import { type Company, type Heard, type Round, markerOf, send } from './company.ts';

/** The generation of each round that is brought to a step. */
export const STANDING = 3;
/** What the provider writes for a whole answer, and before the piece that it keeps. */
const WHOLE = 7;
const BEGUN = 2;

/** A generation that stands at a step, in a process that is its own. */
export type Standing = {
  readonly all: Company;
  readonly round: Round;
  readonly api: Api;
  /** What its client hears, and whoever sends the same again. */
  readonly answers: Promise<Heard>[];
  readonly hangUp: () => void;
  readonly goOn: () => void;
};

type Ways = { readonly redis: Gate; readonly postgres: Gate };
type Reach = (ways: Ways, ask: () => void, at: Pick<Standing, 'all' | 'round'>) => Promise<unknown>;
type Step = {
  /** Asks, and resolves when it stands there; where a call is kept open, with what ends it. */
  readonly reach: Reach;
  readonly progress: readonly ('logged' | 'called' | 'answered' | 'debited')[];
};

const appended = { asked: 'append_events' };
const confirmed = { asked: scripts.confirm.sha };

const untilShut = async (shut: Promise<void>, act: () => void) => {
  act();
  await shut;
};

async function called(ask: () => void, { all, round }: Parameters<Reach>[2]) {
  const letAnswer = all.keepAnswer(markerOf(round, STANDING));
  ask();
  await until(() => requestOf(all, round)?.sent === BEGUN);
  return letAnswer;
}

export const steps = {
  'admitted and not logged': {
    reach: ({ postgres }, ask) => untilShut(postgres.shutAt(appended), ask),
    progress: [],
  },
  'logged and not confirmed': {
    reach: ({ redis }, ask) => untilShut(redis.shutAt(confirmed), ask),
    progress: ['logged'],
  },
  'confirmed and not called': {
    reach: ({ redis }, ask) => untilShut(redis.shutAt({ ...confirmed, heard: 'held' }), ask),
    progress: ['logged'],
  },
  'called and not answered': {
    reach: async (_, ask, at) => await called(ask, at),
    progress: ['logged', 'called'],
  },
  'answered and not debited': {
    reach: async ({ postgres }, ask, at) => {
      const letAnswer = await called(ask, at);
      await untilShut(postgres.shutAt(appended), letAnswer);
    },
    progress: ['logged', 'called', 'answered'],
  },
  'debited and not settled': {
    reach: ({ redis }, ask) => untilShut(redis.shutAt({ asked: scripts.end.sha }), ask),
    progress: ['logged', 'called', 'answered', 'debited'],
  },
} satisfies Readonly<Record<string, Step>>;

export type StepName = keyof typeof steps;

/** Brings one generation to this step, where it stays until it is told to go on. */
export async function standingAt(
  t: TestContext,
  step: StepName,
  at: Pick<Standing, 'all' | 'round'>,
  timeoutMs?: number,
): Promise<Standing> {
  const { all, round } = at;
  const redis = await redisGate(t, all.redis.port);
  const postgres = await postgresGate(t, all.database.url);
  const ways = { REDIS_URL: redis.url, DATABASE_URL: postgres.url };
  const api = await all.start(`standing-${round.number}`, 'data', ways);
  const leaving = new AbortController();
  const answers: Promise<Heard>[] = [];
  const { reach, progress }: Step = steps[step];
  const sending = { signal: leaving.signal, ...(timeoutMs !== undefined && { timeoutMs }) };
  const ask = () => void answers.push(send(api, round, STANDING, sending));
  const letAnswer = await reach({ redis, postgres }, ask, at);
  assert.deepEqual(await progressOf(at), { open: 1, progress: [...progress] });
  return {
    ...at,
    api,
    answers,
    hangUp: () => leaving.abort(),
    goOn: () => {
      redis.open();
      postgres.open();
      if (typeof letAnswer === 'function') letAnswer();
    },
  };
}

const requestOf = ({ models }: Company, round: Round) =>
  models.requests.find(({ text }) => markerIn(text) === markerOf(round, STANDING));

/** How far it has come, as the log, the provider and the counters say. */
async function progressOf({ all, round }: Pick<Standing, 'all' | 'round'>) {
  const { tenant, key, windows } = round;
  const state = await all.counters.state({ tenant, windows, scopes: ['tenant'] });
  const request = requestOf(all, round);
  const generations = await generationsIn(all.first.as(key));
  const inLog = generations.find(({ marker }) => marker === markerOf(round, STANDING));
  return {
    open: state.get('tenant')?.open,
    progress: [
      ...(inLog ? ['logged'] : []),
      ...(request ? ['called'] : []),
      ...(request?.sent === WHOLE ? ['answered'] : []),
      ...(inLog && inLog.debits.length > 0 ? ['debited'] : []),
    ],
  };
}
