import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import type { AnswerPart, ModelProvider, TimeLimits } from '#commands/generation/model-port.ts';
import type { ModelErrorKind } from '#domain/generation/model-error.ts';
import type { Clock } from '#commands/ports.ts';
import { systemClock } from '#infra/system/clock.ts';
import { answerOf, failureOf, promptOf } from '#test/support/answers.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import type { Fault, Script } from '#test/support/model-server/script.ts';
import { type ModelServer, startModelServer } from '#test/support/model-server/server.ts';
import { modelProviderContract } from './model-provider.contract.ts';

export const KEY = 'sk-very-secret-0123456789';
const ASKED = 'What does the zebrafish eat?';

type Open = (options: {
  readonly origin: string;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly limits: TimeLimits;
}) => Promise<ModelProvider>;
export type Wired = { readonly provider: ModelProvider; readonly server: ModelServer };

const limits: TimeLimits = { firstPartMs: 5_000, nextPartMs: 2_000 };

/** A provider and the double that it talks to. */
export async function wired(
  t: TestContext,
  open: Open,
  clock: Pick<Clock, 'now' | 'sleep'> = systemClock,
): Promise<Wired> {
  const server = await startModelServer();
  t.after(() => server.stop());
  return { server, provider: await open({ origin: server.origin, clock, limits }) };
}

/** What every provider promises that is reached over a network, tried with its real client library. */
export function modelWireContract(name: string, open: Open): void {
  modelProviderContract(name, async (t) => {
    const { server, provider } = await wired(t, open);
    const text = ['{"summary"', ':"The heron', ' fishes."}'];
    server.next({ text, usage: { input: 40, output: 9 } });
    return provider;
  });

  const broken = (fault: Fault, more: Partial<Script> = {}): Script => ({
    text: ['One ', 'two ', 'three ', 'four.'],
    usage: { input: 20, output: 5 },
    ...more,
    fault,
  });

  const statuses: readonly (readonly [Fault & { kind: 'status' }, ModelErrorKind, boolean])[] = [
    [{ kind: 'status', status: 400, code: 'invalid_request_error' }, 'invalid-request', false],
    [{ kind: 'status', status: 401, code: 'authentication_error' }, 'auth', false],
    [{ kind: 'status', status: 403 }, 'auth', false],
    [{ kind: 'status', status: 404, code: 'not_found_error' }, 'invalid-request', false],
    [{ kind: 'status', status: 408 }, 'timeout', true],
    [{ kind: 'status', status: 409 }, 'conflict', true],
    [{ kind: 'status', status: 413 }, 'too-long', false],
    [{ kind: 'status', status: 422 }, 'invalid-request', false],
    [{ kind: 'status', status: 429 }, 'rate-limited', true],
    [{ kind: 'status', status: 500 }, 'overloaded', true],
    [{ kind: 'status', status: 503 }, 'overloaded', true],
    [{ kind: 'status', status: 529, code: 'overloaded_error' }, 'overloaded', true],
  ];
  for (const [fault, kind, retryable] of statuses) {
    test(`${name}: a ${fault.status} is ${kind}, after one request and no other`, async (t) => {
      const { server, provider } = await wired(t, open);
      server.next(broken(fault));
      const error = await failureOf(answerOf(provider, promptOf(ASKED)), kind);
      assert.equal(error.retryable, retryable);
      assert.equal(error.status, fault.status);
      assert.equal(error.usage, undefined, 'nobody has begun to answer');
      assert.equal(server.requests.length, 1);
    });
  }

  const inSeconds: readonly (readonly [Record<string, string>, number | undefined])[] = [
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': '0.5' }, 500],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [
      {
        date: 'Wed, 21 Oct 2026 07:28:00 GMT',
        'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT',
      },
      30_000,
    ],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '999999999' }, 3_600_000],
    [{}, undefined],
  ];
  for (const [headers, wait] of inSeconds) {
    test(`${name}: ${JSON.stringify(headers)} asks to wait ${wait} ms`, async (t) => {
      const { server, provider } = await wired(t, open);
      server.next(broken({ kind: 'status', status: 429, headers }));
      const error = await failureOf(answerOf(provider, promptOf(ASKED)), 'rate-limited');
      assert.equal(error.retryAfterMs, wait);
    });
  }

  const breaks: readonly (readonly [Fault, ModelErrorKind])[] = [
    [{ kind: 'cut', after: 2 }, 'cut'],
    [{ kind: 'end', after: 2 }, 'cut'],
    [{ kind: 'malformed', after: 2 }, 'malformed'],
    [{ kind: 'error', after: 2, code: 'overloaded_error' }, 'overloaded'],
  ];
  for (const [fault, kind] of breaks) {
    test(`${name}: an answer with a fault '${fault.kind}' in its middle is ${kind}, and what came is counted`, async (t) => {
      const { server, provider } = await wired(t, open);
      server.next(broken(fault));
      const error = await failureOf(answerOf(provider, promptOf(ASKED)), kind);
      assert.equal(error.retryable, true);
      assert.ok(error.usage);
      assert.ok(error.usage.inputTokens > 0);
      assert.ok(error.usage.outputTokens >= 2, 'two pieces came');
      assert.ok(error.usage.outputTokens < 5, 'and no more');
      assert.equal(error.usage.countedBy, 'us');
    });
  }

  test(`${name}: a provider that says nothing is given up after our time, and is hung up on`, async (t) => {
    const clock = manualClock();
    const { server, provider } = await wired(t, open, clock);
    server.next(broken({ kind: 'stall', after: 0 }));
    const failing = failureOf(answerOf(provider, promptOf(ASKED)), 'timeout');
    while (server.requests.length === 0) await systemClock.sleep(2);
    await clock.advance(limits.firstPartMs);
    const error = await failing;
    assert.equal(error.usage, undefined);
    await server.hungUp();
  });

  test(`${name}: a provider that falls silent in its answer is given up sooner, and what came is counted`, async (t) => {
    const clock = manualClock();
    const { server, provider } = await wired(t, open, clock);
    server.next(broken({ kind: 'stall', after: 2 }));
    const pieces: AnswerPart[] = [];
    const reading = (async () => {
      const signal = new AbortController().signal;
      const attempt = { model: 'test-model', prompt: promptOf(ASKED), signal };
      for await (const part of provider.call(attempt)) pieces.push(part);
    })();
    const failing = failureOf(reading, 'timeout');
    while (pieces.length < 3 || clock.sleepers === 0) await systemClock.sleep(2);
    await clock.advance(limits.nextPartMs);
    const error = await failing;
    assert.ok(error.usage && error.usage.outputTokens >= 2);
    await server.hungUp();
  });

  test(`${name}: the time that the caller takes for a piece is not the provider’s`, async (t) => {
    const clock = manualClock();
    const { server, provider } = await wired(t, open, clock);
    server.next({ text: ['One ', 'two ', 'three.'], usage: { input: 20, output: 5 } });
    const signal = new AbortController().signal;
    const attempt = { model: 'test-model', prompt: promptOf(ASKED), signal };
    const types = [];
    for await (const { type } of provider.call(attempt)) {
      types.push(type);
      await clock.advance(limits.firstPartMs * 3);
    }
    assert.deepEqual(types.slice(-2), ['finish', 'usage']);
  });

  test(`${name}: slow tokens are no failure, as long as they come`, async (t) => {
    const { server, provider } = await wired(t, open);
    server.next(broken({ kind: 'slow', everyMs: 15 }));
    const { text, finish } = await answerOf(provider, promptOf(ASKED));
    assert.equal(text, 'One two three four.');
    assert.equal(finish, 'stop');
  });

  test(`${name}: calling off hangs up on the provider, before and in the middle of its answer`, async (t) => {
    const { server, provider } = await wired(t, open);
    for (const after of [0, 1]) {
      server.next(broken({ kind: 'stall', after }));
      const calling = new AbortController();
      const { signal } = calling;
      const failing = failureOf(answerOf(provider, promptOf(ASKED), { signal }), 'aborted');
      while ((server.requests[after]?.sent ?? 0) < after) await systemClock.sleep(2);
      while (server.requests.length <= after) await systemClock.sleep(2);
      calling.abort();
      await failing;
      await server.hungUp(after);
    }
  });

  test(`${name}: whoever stops reading hangs up on the provider`, async (t) => {
    const { server, provider } = await wired(t, open);
    server.next(broken({ kind: 'stall', after: 1 }));
    const signal = new AbortController().signal;
    for await (const part of provider.call({ model: 'm', prompt: promptOf(ASKED), signal })) {
      if (part.type === 'text') break;
    }
    await server.hungUp();
  });

  test(`${name}: a server that is not there is unreachable`, async (t) => {
    const { server, provider } = await wired(t, open);
    await server.stop();
    const error = await failureOf(answerOf(provider, promptOf(ASKED)), 'unreachable');
    assert.equal(error.retryable, true);
  });

  test(`${name}: a server that hangs up without a word may have read the request`, async (t) => {
    const server = createServer((socket) => socket.once('data', () => socket.destroy()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const origin = `http://127.0.0.1:${port}`;
    const provider = await open({ origin, clock: systemClock, limits });
    const error = await failureOf(answerOf(provider, promptOf(ASKED)), 'cut');
    assert.deepEqual([error.retryable, error.status, error.usage], [true, undefined, undefined]);
  });

  test(`${name}: a redirection is not followed, for the key would go with it`, async (t) => {
    const { server, provider } = await wired(t, open);
    const other = await startModelServer();
    t.after(() => other.stop());
    server.next({ fault: { kind: 'redirect', to: `${other.origin}/v1/messages` } });
    await failureOf(answerOf(provider, promptOf(ASKED)));
    assert.equal(other.requests.length, 0);
  });

  test(`${name}: an error holds neither the key, nor what was asked, nor what the provider says`, async (t) => {
    const { server, provider } = await wired(t, open);
    const message = `Bad key ${KEY} for: ${ASKED}`;
    for (const fault of [
      { kind: 'status', status: 401, message },
      { kind: 'status', status: 400, message },
      { kind: 'malformed', after: 1 },
      { kind: 'cut', after: 1 },
    ] as const) {
      server.next(broken(fault, { text: ['zebrafish ', 'eat ', 'plankton'] }));
      const error = await failureOf(answerOf(provider, promptOf(ASKED)));
      const told = inspect(error, { depth: 9, showHidden: true });
      for (const secret of [KEY, 'zebrafish', 'Bad key']) assert.ok(!told.includes(secret), told);
      assert.equal(error.cause, undefined);
    }
  });

  test(`${name}: nothing of a request reaches the console`, async (t) => {
    const { server, provider } = await wired(t, open);
    const said: unknown[] = [];
    // Below the console, whose functions the libraries keep from their first client on.
    t.mock.method(process.stderr, 'write', (text: unknown) => said.push(text) > 0);
    server.next(broken({ kind: 'malformed', after: 1 }));
    await failureOf(answerOf(provider, promptOf(ASKED)), 'malformed');
    assert.deepEqual(said, []);
  });

  test(`${name}: the limit of tokens is always sent`, async (t) => {
    const { server, provider } = await wired(t, open);
    await answerOf(provider, promptOf(ASKED, { maxTokens: 77 }));
    const { body } = server.requests[0]!;
    assert.ok([body['max_tokens'], body['max_completion_tokens']].includes(77));
    assert.equal(body['stream'], true);
  });

  test(`${name}: cached and reasoning tokens are parts of the usage's two sums`, async (t) => {
    const { server, provider } = await wired(t, open);
    const usage = { input: 1_000, cacheRead: 600, cacheWrite: 200, output: 90, reasoning: 60 };
    server.next({ text: ['Plankton.'], usage });
    const answer = await answerOf(provider, promptOf(ASKED));
    assert.deepEqual(answer.usage, {
      inputTokens: 1_000,
      cacheReadTokens: 600,
      cacheWriteTokens: 200,
      outputTokens: 90,
      reasoningTokens: 60,
      countedBy: 'provider',
      implausible: false,
    });
  });

  for (const usage of ['missing', { input: 0, output: 0 }, { input: 12, output: 0 }] as const) {
    test(`${name}: usage ${JSON.stringify(usage)} of an answer is not believed`, async (t) => {
      const { server, provider } = await wired(t, open);
      server.next({ text: ['Plankton ', 'and ', 'insects.'], usage });
      const answer = await answerOf(provider, promptOf(ASKED));
      assert.equal(answer.usage?.countedBy, 'us');
      assert.ok((answer.usage?.outputTokens ?? 0) >= 3);
      assert.equal(answer.usage?.inputTokens, provider.countPrompt(promptOf(ASKED)));
    });
  }

  test(`${name}: usage that is plainly too low is flagged, and what we saw counts`, async (t) => {
    const { server, provider } = await wired(t, open);
    const text = Array.from({ length: 100 }, (_, index) => `plankton ${index} `);
    server.next({ text, usage: { input: 12, output: 3 } });
    const { usage } = await answerOf(provider, promptOf(ASKED));
    assert.equal(usage?.implausible, true);
    assert.ok((usage?.outputTokens ?? 0) >= 300);
  });

  test(`${name}: JSON that was asked for and did not come is malformed, and is owed`, async (t) => {
    const { server, provider } = await wired(t, open);
    server.next({ text: ['Sure! ', '{"a":1}'], usage: { input: 12, output: 5 } });
    const prompt = promptOf(ASKED, { format: { type: 'json' } });
    const error = await failureOf(answerOf(provider, prompt), 'malformed');
    assert.equal(error.usage?.outputTokens, 5);
  });

  for (const finish of ['stop', 'length', 'filtered'] as const) {
    test(`${name}: an answer that ended by '${finish}' says so`, async (t) => {
      const { server, provider } = await wired(t, open);
      server.next({ text: ['Plankton.'], finish, usage: { input: 12, output: 3 } });
      assert.equal((await answerOf(provider, promptOf(ASKED))).finish, finish);
    });
  }

  test(`${name}: tool calls come with their ids and names, their arguments piece by piece`, async (t) => {
    const { server, provider } = await wired(t, open);
    server.next({
      text: ['Let me look.'],
      toolCalls: [
        { id: 'call_1', name: 'weather', arguments: ['{"city":', '"Vienna"', '}'] },
        { id: 'call_2', name: 'now', arguments: ['{}'] },
      ],
      usage: { input: 80, output: 30 },
    });
    const tools = [{ name: 'weather' }, { name: 'now' }];
    const answer = await answerOf(provider, promptOf(ASKED, { tools }));
    assert.equal(answer.finish, 'tool-calls');
    assert.equal(answer.text, 'Let me look.');
    assert.deepEqual(answer.toolCalls, [
      { id: 'call_1', name: 'weather', arguments: '{"city":"Vienna"}' },
      { id: 'call_2', name: 'now', arguments: '{}' },
    ]);
    const pieces = answer.parts.filter((part) => part.type === 'tool-call');
    assert.ok(pieces.length >= 5, 'not held back until they are whole');
  });
}
