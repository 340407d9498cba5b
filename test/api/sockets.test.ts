import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { principalOf, serverWith } from '#test/support/http.ts';

async function listening(t: TestContext) {
  const slow = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const { app } = await serverWith(
    t,
    [
      async (app) => {
        app.get(
          '/v1/slow',
          { config: { audience: 'tenant', action: 'document.read' } },
          async () => {
            begun.resolve();
            await slow.promise;
            return { done: true };
          },
        );
      },
    ],
    { people: { plm_ada: principalOf('acme') } },
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return { app, port, slow, begun };
}

/** Sends bytes as they are and answers what comes back until the connection ends. */
async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  socket.write(bytes);
  return await textOf(socket);
}

async function textOf(socket: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

const problemIn = (answer: string) => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')));

test(
  'bytes that are no HTTP are answered with a problem, and the connection ends',
  { timeout: 10_000 },
  async (t) => {
    const { port } = await listening(t);
    const answer = await exchange(port, 'hello, is this the log?\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 400 .*application\/problem\+json/s);
    assert.equal(problemIn(answer).code, 'request/malformed');
  },
);

test('headers over the limit are answered 431', { timeout: 10_000 }, async (t) => {
  const { port } = await listening(t);
  const answer = await exchange(
    port,
    `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`,
  );
  assert.match(answer, /^HTTP\/1\.1 431 /);
  assert.equal(problemIn(answer).code, 'request/headers-too-large');
});

test(
  'a body that is announced and too long is refused without being read',
  { timeout: 10_000 },
  async (t) => {
    const { port } = await listening(t);
    const head = [
      'POST /v1/slow HTTP/1.1',
      'Host: x',
      'Authorization: Bearer plm_ada',
      'Content-Type: application/json',
      'Content-Length: 99999999',
      'Connection: close',
    ];
    const answer = await exchange(port, `${head.join('\r\n')}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 4\d\d /);
  },
);

test(
  'a request without a key is refused before its body is read',
  { timeout: 10_000 },
  async (t) => {
    const { port } = await listening(t);
    const head = ['GET /v1/slow HTTP/1.1', 'Host: x', 'Connection: close'];
    const answer = await exchange(port, `${head.join('\r\n')}\r\n\r\n`);
    assert.equal(problemIn(answer).code, 'auth/missing');
  },
);

test('closing finishes what was begun and takes nothing new', { timeout: 10_000 }, async (t) => {
  const { app, port, slow, begun } = await listening(t);
  const headers = { authorization: 'Bearer plm_ada' };
  const answer = fetch(`http://127.0.0.1:${port}/v1/slow`, { headers });
  await begun.promise;
  const late = connect(port, '127.0.0.1').setEncoding('utf8');
  late.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
  while ((await connections(app.server)) < 2) await new Promise((resolve) => setImmediate(resolve));
  const closed = app.close();
  if (!app.closing.aborted) await once(app.closing, 'abort');
  late.write('\r\n');
  assert.equal(problemIn(await textOf(late)).code, 'server/closing');
  slow.resolve();
  assert.deepEqual(await (await answer).json(), { done: true });
  await closed;
  await assert.rejects(fetch(`http://127.0.0.1:${port}/healthz`));
});

const connections = (server: {
  getConnections: (done: (error: Error | null, count: number) => void) => void;
}) =>
  new Promise<number>((resolve) => {
    server.getConnections((_error, count) => resolve(count));
  });
