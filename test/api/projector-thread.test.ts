import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { sql } from 'kysely';
import { until } from '#test/support/process.ts';
import { type RealServer, realServer } from '#test/support/real-server.ts';

/** A server whose views are filled in a thread, and the threads that it has started so far. */
async function threaded(t: TestContext) {
  const threads: Worker[] = [];
  const seen = (thread: Worker) => void threads.push(thread);
  process.on('worker', seen);
  t.after(() => process.off('worker', seen));
  const server = await realServer(t, { PALIMPSEST_PROJECTOR_THREAD: 'on' });
  return { server, threads };
}

const titlesOf = async ({ send }: RealServer, key: string, position: string) => {
  const headers = { 'palimpsest-min-position': position };
  const answer = await send(key, { method: 'GET', url: '/v1/documents', headers });
  assert.equal(answer.statusCode, 200, answer.body);
  const { items } = answer.json<{ items: readonly { title: string }[] }>();
  return items.map(({ title }) => title).toSorted();
};

const write = async ({ send }: RealServer, key: string, title: string) => {
  const payload = { title };
  const answer = await send(key, { method: 'POST', url: '/v1/documents', payload });
  assert.equal(answer.statusCode, 201, answer.body);
  return String(answer.headers['palimpsest-position']);
};

test('whoever has written reads it from views that another thread fills', async (t) => {
  const { server, threads } = await threaded(t);
  assert.equal(threads.length, 1);
  const { key } = await server.tenant('acme', 'Acme');
  const titles: string[] = [];
  for (let times = 0; times < 10; times += 1) {
    titles.push(`Heron ${times}`);
    const position = await write(server, key, titles.at(-1)!);
    assert.deepEqual(await titlesOf(server, key, position), titles);
  }
});

test('a thread that ends is started anew, also while somebody waits for what it had not done', async (t) => {
  const { server, threads } = await threaded(t);
  const { key } = await server.tenant('acme', 'Acme');
  await titlesOf(server, key, await write(server, key, 'Before'));
  const ended = once(threads[0]!, 'exit');
  await threads[0]!.terminate();
  await ended;
  const position = await write(server, key, 'After');
  assert.deepEqual(await titlesOf(server, key, position), ['After', 'Before']);
  assert.equal(threads.length, 2);
});

test('a rebuild that an operator begins is done by the thread', async (t) => {
  const { server } = await threaded(t);
  const { key } = await server.tenant('acme', 'Acme');
  const position = await write(server, key, 'Herons');
  await titlesOf(server, key, position);
  const { operatorKey, send } = server;
  const base = '/admin/v1/projections';
  const begun = await send(operatorKey, { method: 'POST', url: `${base}/document_list/rebuild` });
  assert.ok(begun.statusCode < 300, begun.body);
  type Standings = { items: readonly { name: string; generation: number; status: string }[] };
  await until(async () => {
    const { items } = (await send(operatorKey, { method: 'GET', url: base })).json<Standings>();
    return items.some(
      ({ name, generation, status }) =>
        name === 'document_list' && generation === 2 && status === 'serving',
    );
  });
  assert.deepEqual(await titlesOf(server, key, position), ['Herons']);
});

test('a server whose thread finds another log than the views were made of says so and is not ready', async (t) => {
  const { server, threads } = await threaded(t);
  const { key } = await server.tenant('acme', 'Acme');
  await titlesOf(server, key, await write(server, key, 'Herons'));
  await server.database.asOwner((tx) =>
    sql`update projection_checkpoints set log_id = ${randomUUID()}, epoch = epoch + 1`.execute(tx),
  );
  await threads[0]!.terminate();
  await until(async () => {
    const answer = await server.send(undefined, { method: 'GET', url: '/readyz' });
    return answer.statusCode === 503 && answer.body.includes('Rebuild the views');
  });
});
