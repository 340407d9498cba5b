import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { LogTampered } from '#commands/ports.ts';
import type { StreamName } from '#domain/stream.ts';
import { openEventStore } from '#test/support/eventstore/open.ts';
import { eventStoreDouble } from '#test/support/eventstore/server.ts';
import { until } from '#test/support/process.ts';
import { newStream, sealing } from '#test/support/stored-event.ts';

const three = (stream: StreamName) => sealing(stream, {}, {}, {});

/** What somebody with the server's own tools can do to a stream. */
const deeds: readonly [string, (client: EventStoreDBClient, stream: string) => Promise<unknown>][] =
  [
    ['deleted', async (client, stream) => await client.deleteStream(stream)],
    ['deleted for ever', async (client, stream) => await client.tombstoneStream(stream)],
    [
      'cut to its newest events',
      async (client, stream) => await client.setStreamMetadata(stream, { maxCount: 1 }),
    ],
    [
      'set to forget with time',
      async (client, stream) => await client.setStreamMetadata(stream, { maxAge: 60 }),
    ],
    [
      'truncated',
      async (client, stream) => await client.setStreamMetadata(stream, { truncateBefore: 2 }),
    ],
  ];

for (const [deed, commit] of deeds) {
  test(`a stream that was ${deed} before it is read is refused, and an operator is told`, async (t) => {
    const { log, client, url } = await world(t);
    const stream = newStream();
    await log.append(stream, 'none', three(stream));
    await commit(client, stream);
    const told: string[] = [];
    const other = await openEventStore(t, { url, report: (message) => told.push(message) });
    await assert.rejects(other.readStream(stream), LogTampered);
    await assert.rejects(other.append(stream, 'any', sealing(stream, {})), LogTampered);
    await assert.rejects(other.append(stream, 2, sealing(stream, {})), LogTampered);
    assert.equal(told.filter((message) => message.includes(stream)).length, 1, told.join('\n'));
  });

  test(`a stream that is ${deed} while it is in use is refused from then on`, async (t) => {
    const { log, client, told } = await world(t);
    const [stream, other] = [newStream(), newStream()];
    for (const one of [stream, other]) await log.append(one, 'none', three(one));
    await log.readStream(stream);
    await commit(client, stream);
    await until(() => told.some((message) => message.includes(stream)));
    await assert.rejects(log.append(stream, 2, sealing(stream, {})), LogTampered);
    await assert.rejects(log.readStream(stream), LogTampered);
    await log.append(other, 2, sealing(other, {}));
  });
}

test('settings that hide nothing are nobody’s business', async (t) => {
  const { log, client } = await world(t);
  const stream = newStream();
  await log.append(stream, 'none', three(stream));
  await client.setStreamMetadata(stream, { cacheControl: 60, owner: 'someone' });
  await log.append(stream, 2, sealing(stream, {}));
  assert.equal((await log.readStream(stream)).length, 4);
});

test('other applications’ events are left alone, and one in a stream of ours is not', async (t) => {
  const { log, client } = await world(t);
  const stream = newStream();
  await client.appendToStream('orders-1', jsonEvent({ type: 'Ordered', data: { much: 1 } }));
  await log.append(stream, 'none', three(stream));
  await client.appendToStream('orders-1', jsonEvent({ type: 'Ordered', data: { much: 2 } }));
  assert.equal((await log.readAll({ after: 0n, limit: 10 })).length, 3);
  assert.equal(await log.head(), (await log.readStream(stream)).at(-1)?.position);
  await client.appendToStream(stream, jsonEvent({ type: 'Noted', data: {} }));
  await assert.rejects(log.readStream(stream), LogTampered);
  await assert.rejects(log.readAll({ after: 0n, limit: 10 }), LogTampered);
});

async function world(t: TestContext) {
  const { url } = await eventStoreDouble(t);
  const told: string[] = [];
  const log = await openEventStore(t, { url, report: (message) => told.push(message) });
  const client = EventStoreDBClient.connectionString(url);
  t.after(async () => await client.dispose());
  return { url, log, client, told };
}
