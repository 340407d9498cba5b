import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { TenantId } from '#domain/ids.ts';
import { type Api, apiProcesses, quietAndExact, tenantWith } from '#test/support/api-processes.ts';
import { type Windows, generationsIn, markerIn } from '#test/support/generations-in-log.ts';
import type { Script } from '#test/support/model-server/script.ts';
import type { ReceivedRequest } from '#test/support/model-server/server.ts';

const MAX_TOKENS = 100;
/** What the budget of each round holds. */
export const FITTING = 8;

/** A tenant of its own, whose budget fits so many generations. */
export type Round = {
  readonly number: number;
  readonly tenant: TenantId;
  readonly key: string;
  readonly cap: number;
  readonly windows: Windows;
};
export type Company = Awaited<ReturnType<typeof company>>;

type Sender = Pick<Round, 'number' | 'key'>;

// Numbers of one length, so that every prompt has the same number of tokens.
export const markerOf = ({ number }: Pick<Round, 'number'>, which: number) =>
  `marker-${100 + number}-${1_000 + which}`;

type Sending = { readonly signal?: AbortSignal; readonly timeoutMs?: number };

/** Sends it with its marker as idempotency key. Answers nothing where nothing was heard. */
export async function send(
  api: Api,
  { number, key }: Sender,
  which: number,
  { signal, timeoutMs = 30_000 }: Sending = {},
) {
  const marker = markerOf({ number }, which);
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'application/json',
    'idempotency-key': marker,
  };
  const messages = [{ role: 'user', content: `Tell me of ${marker}` }];
  const asked = { model: 'gpt-5-mini', messages, maxTokens: MAX_TOKENS, timeoutMs };
  const request = { method: 'POST', headers, body: JSON.stringify(asked), signal: signal ?? null };
  try {
    const response = await fetch(`${api.url}/v1/generations`, request);
    return { status: response.status, text: await response.text() };
  } catch {
    return undefined;
  }
}

export type Heard = Awaited<ReturnType<typeof send>>;

/** Two processes that race, and a provider whose answers cost just what was set aside for them. */
export async function company(t: TestContext) {
  let usage = { input: 20, output: 2 };
  const kept = new Map<string, Promise<void>>();
  const answer = ({ text }: ReceivedRequest): Script => {
    const whole: Script = { text: ['one ', 'two ', 'three '], usage };
    const until = kept.get(markerIn(text));
    return until ? { ...whole, fault: { kind: 'wait', after: 1, until } } : whole;
  };
  const all = await apiProcesses(t, answer);
  const second = await all.start('second', 'data');
  const { key } = await tenantWith(all, 'probe', {});
  assert.equal((await send(second, { number: 0, key }, 0))?.status, 201);
  const tokens = (await generationsIn(all.first.as(key)))[0]?.reserved?.amount.tokens ?? 0;
  usage = { input: tokens - MAX_TOKENS, output: MAX_TOKENS };

  return {
    ...all,
    second,
    tokens,
    /** The provider keeps the rest of this answer until the returned function is called. */
    keepAnswer: (marker: string): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      kept.set(marker, promise);
      return resolve;
    },
  };
}

/** Two generations are over before the round begins: one before `between`, and one after it. */
export async function newRound(
  all: Company,
  number: number,
  between: (all: Company) => Promise<unknown> = async () => undefined,
): Promise<Round> {
  const { first, counters, tokens } = all;
  const cap = tokens * FITTING;
  const { tenantId, key } = await tenantWith(all, `round-${number}`, { tokensPerDay: cap });
  const owner = first.as(key);
  const spend = async (which: number) => {
    assert.equal((await send(first, { number, key }, which))?.status, 201);
    const [one] = await quietAndExact(counters, tenantId, owner);
    return one?.reserved?.windows;
  };
  const windows = await spend(1);
  await between(all);
  await spend(2);
  return { number, tenant: tenantId, key, cap, windows: windows! };
}
