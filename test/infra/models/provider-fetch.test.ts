import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, createGzip, deflateSync, gzipSync } from 'node:zlib';
import { providerFetch } from '#infra/models/provider-fetch.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { soon } from '#test/support/live.ts';
import { oddProvider } from '#test/support/odd-provider.ts';

const EVENT = 'data: heron\n\n';
const DONE = 'data: [DONE]\n\n';

/** A provider that answers so, and one client of it. */
async function wired(t: TestContext, answer: (response: ServerResponse) => void) {
  const seen: Record<string, unknown>[] = [];
  const provider = await oddProvider(t, (request, response) => {
    seen.push(request.headers);
    request.resume().on('end', () => answer(response));
  });
  const clock = manualClock();
  const calling = new AbortController();
  const fetch = providerFetch(clock);
  const call = async () =>
    await fetch(provider.origin, {
      method: 'POST',
      headers: { authorization: 'Bearer sk-secret' },
      body: '{}',
      signal: calling.signal,
    });
  const listeners = () => getEventListeners(calling.signal, 'abort').length;
  return { ...provider, seen, clock, calling, call, listeners };
}

/** As both client libraries read: up to the last event, whatever comes behind it. */
async function readUntil(response: Response, last = DONE): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes(last)) break;
  }
  return text;
}

test('a connection is used again after a long answer, also where its end comes late', async (t) => {
  const { call, clock, connections, listeners } = await wired(t, async (response) => {
    for (let at = 0; at < 8_000; at += 1) response.write(EVENT);
    response.write(DONE);
    await sleep(20);
    response.write(': bye\n\n');
    await sleep(20);
    response.end();
  });
  for (let calls = 0; calls < 3; calls += 1) {
    assert.ok((await readUntil(await call())).length > 64 * 1024);
    assert.equal(listeners(), 0);
    // It has come to its end by itself: nothing is kept until the second is over.
    await soon(() => clock.sleepers === 0);
  }
  assert.equal(connections(), 1);
});

test('a provider that goes on after its last event is given up after a second', async (t) => {
  const { call, clock, isHungUpOn } = await wired(t, (response) => {
    response.write(EVENT + DONE);
    const alive = setInterval(() => response.write(': alive\n\n'), 5);
    response.on('close', () => clearInterval(alive));
  });
  await readUntil(await call());
  await sleep(30);
  await clock.advance(999);
  assert.equal(isHungUpOn(), false);
  await clock.advance(1);
  await soon(isHungUpOn);
});

test('a provider that goes on with much after its last event is given up at once', async (t) => {
  const { call, clock, isHungUpOn } = await wired(t, (response) => {
    response.write(EVENT + DONE);
    const flood = setInterval(() => response.write('x'.repeat(16 * 1024)), 1);
    response.on('close', () => clearInterval(flood));
  });
  await readUntil(await call());
  await soon(isHungUpOn);
  await soon(() => clock.sleepers === 0);
});

test('what was called off before asks nobody', async (t) => {
  const { call, calling, connections, listeners } = await wired(t, (response) => response.end());
  calling.abort();
  await assert.rejects(call, { name: 'AbortError' });
  await sleep(20);
  assert.deepEqual([connections(), listeners()], [0, 0]);
});

test('calling off before the status leaves no connection and no listener', async (t) => {
  const { call, calling, seen, isHungUpOn, listeners } = await wired(t, () => undefined);
  const failing = assert.rejects(call(), { name: 'AbortError' });
  await soon(() => seen.length === 1);
  calling.abort();
  await failing;
  await soon(isHungUpOn);
  assert.equal(listeners(), 0);
});

test('calling off in the middle of an answer leaves no connection and no listener', async (t) => {
  const { call, calling, isHungUpOn, listeners } = await wired(t, (response) => {
    response.write(EVENT);
  });
  const reading = (await call()).body![Symbol.asyncIterator]();
  await reading.next();
  const failing = assert.rejects(reading.next(), { name: 'AbortError' });
  calling.abort();
  await failing;
  await soon(isHungUpOn);
  assert.equal(listeners(), 0);
});

test('calling off what nobody has begun to read leaves no connection, and ends no process', async (t) => {
  const { call, calling, isHungUpOn, listeners } = await wired(t, (response) => {
    response.write(EVENT);
  });
  await call();
  calling.abort();
  await soon(isHungUpOn);
  assert.equal(listeners(), 0);
});

test('calling off after the end is heard by nobody, and the connection stays', async (t) => {
  const { call, calling, isHungUpOn, connections } = await wired(t, async (response) => {
    response.write(DONE);
    await sleep(20);
    response.end();
  });
  await readUntil(await call());
  calling.abort();
  await sleep(40);
  assert.deepEqual([isHungUpOn(), connections()], [false, 1]);
});

test('a redirection is shown as one, and the key goes nowhere else', async (t) => {
  const other = await oddProvider(t, (_, response) => response.end());
  const { call } = await wired(t, (response) => {
    response.writeHead(308, { location: other.origin }).end();
  });
  assert.equal((await call()).status, 308);
  assert.equal(other.connections(), 0);
});

test('an answer without a body is one, and its connection is used again', async (t) => {
  const { call, connections, listeners } = await wired(t, (response) => {
    response.writeHead(204).end();
  });
  for (let calls = 0; calls < 2; calls += 1) {
    assert.equal((await call()).body, null);
    await sleep(5);
  }
  assert.deepEqual([connections(), listeners()], [1, 0]);
});

const compressions = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
for (const [encoding, compress] of Object.entries(compressions)) {
  test(`an answer and an error in ${encoding} are read, though nothing but plain text was asked for`, async (t) => {
    let status = 200;
    const { call, seen, connections } = await wired(t, (response) => {
      response.writeHead(status, { 'content-encoding': encoding }).end(compress(EVENT + DONE));
    });
    assert.equal(await readUntil(await call()), EVENT + DONE);
    status = 400;
    assert.equal(await (await call()).text(), EVENT + DONE);
    assert.equal(seen[0]?.['accept-encoding'], 'identity');
    assert.equal(connections(), 1);
  });
}

test('a compressed answer is shown as it comes', async (t) => {
  const { call, calling, isHungUpOn } = await wired(t, (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    const packed = createGzip();
    packed.pipe(response);
    packed.write(EVENT);
    packed.flush();
  });
  assert.equal(await readUntil(await call(), EVENT), EVENT);
  calling.abort();
  assert.equal(isHungUpOn(), false);
});
