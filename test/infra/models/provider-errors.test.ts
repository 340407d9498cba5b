import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelProvider } from '#commands/generation/model-port.ts';
import { anthropicProvider } from '#infra/models/anthropic.ts';
import { openaiProvider } from '#infra/models/openai.ts';
import { tokenCounter } from '#infra/models/token-counter.ts';
import { answerOf, failureOf, promptOf } from '#test/support/answers.ts';
import { blackHole } from '#test/support/black-hole.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { soon } from '#test/support/live.ts';
import { oddProvider } from '#test/support/odd-provider.ts';

const tokens = await tokenCounter('claude');
const asked = promptOf('What does the heron eat?');
const apis = { openai: openaiProvider, anthropic: anthropicProvider };

/** A model of a provider that answers so. */
async function wired(
  t: TestContext,
  open: (typeof apis)[keyof typeof apis],
  answer: (response: ServerResponse) => void,
) {
  const server = await oddProvider(t, (request, response) => {
    request.resume().on('end', () => answer(response));
  });
  const clock = manualClock();
  const provider: ModelProvider = open({ baseUrl: server.origin, apiKey: 'sk', clock, tokens });
  return { ...server, clock, failing: () => answerOf(provider, asked) };
}

for (const [name, open] of Object.entries(apis)) {
  test(`${name}: an error whose body is cut is what its status says, and is not owed`, async (t) => {
    const { failing } = await wired(t, open, (response) => {
      response.writeHead(429, { 'content-length': 1_000, 'retry-after': '7' }).write('{"error":');
      setTimeout(() => response.destroy(), 20);
    });
    const error = await failureOf(failing(), 'rate-limited');
    assert.deepEqual([error.status, error.retryAfterMs], [429, 7_000]);
  });

  test(`${name}: an error whose body does not end is what its status says, after five seconds`, async (t) => {
    let isSent = false;
    const { failing, clock, isHungUpOn } = await wired(t, open, (response) => {
      response.writeHead(503).write('{"error":');
      isSent = true;
    });
    const error = failureOf(failing(), 'overloaded');
    await soon(() => isSent && clock.sleepers === 2);
    await sleep(10);
    await clock.advance(5_000);
    assert.equal((await error).status, 503);
    await soon(isHungUpOn);
  });

  test(`${name}: an error whose body is endless is what its status says, and is hung up on`, async (t) => {
    const { failing, isHungUpOn } = await wired(t, open, (response) => {
      response.writeHead(401);
      const flood = setInterval(() => response.write('No. '.repeat(8 * 1024)), 1);
      response.on('close', () => clearInterval(flood));
    });
    assert.equal((await failureOf(failing(), 'auth')).status, 401);
    await soon(isHungUpOn);
  });

  test(`${name}: a status that no standard knows is a fault of the provider's`, async (t) => {
    const { failing } = await wired(t, open, (response) => {
      response.socket?.end('HTTP/1.1 777 Odd\r\ncontent-length: 2\r\n\r\n{}');
    });
    await failureOf(failing(), 'overloaded');
  });

  test(`${name}: a success without a body is an answer that was cut`, async (t) => {
    const { failing } = await wired(t, open, (response) => response.writeHead(204).end());
    await failureOf(failing(), 'cut');
  });

  test(`${name}: a connection that is reset in the middle of an answer is one that was cut`, async (t) => {
    const { failing } = await wired(t, open, (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': alive\n\n');
      setTimeout(() => response.socket?.resetAndDestroy(), 20);
    });
    await failureOf(failing(), 'cut');
  });

  test(`${name}: what is no gzip although it says so is an answer that was cut`, async (t) => {
    const { failing } = await wired(t, open, (response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('data: {}\n\n');
    });
    await failureOf(failing(), 'cut');
  });
}

test('a provider to whom no connection comes about is unreachable, and bills nothing', async (t) => {
  const baseUrl = await blackHole(t);
  await Promise.all(
    Object.values(apis).map(async (open) => {
      const provider = open({ baseUrl, apiKey: 'sk', clock: manualClock(), tokens });
      await failureOf(answerOf(provider, asked), 'unreachable');
    }),
  );
});
