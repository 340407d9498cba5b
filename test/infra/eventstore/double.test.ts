import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import {
  type AllStreamSubscription,
  EventStoreDBClient,
  binaryEvent,
  streamNameFilter,
} from '@eventstore/db-client';
import { eventStoreDouble } from '#test/support/eventstore/server.ts';
import { until } from '#test/support/process.ts';

// What a real server was seen to do, through its own client. Each holds for the double, and for the
// real server that EVENTSTORE_TEST_URL names.

type Peer = { readonly client: EventStoreDBClient; readonly stream: string };
type Fact = (peer: Peer) => Promise<void>;

const anEvent = () =>
  binaryEvent({
    id: randomUUID(),
    type: 'Noted',
    data: Uint8Array.of(1),
    metadata: new Uint8Array(Buffer.from('{"a":1}')),
  });

/** How a call fails, in the words that clients are told. */
async function failure(call: Promise<unknown>) {
  const error = await call.then(
    () => assert.fail('it succeeded'),
    (cause: unknown) => cause,
  );
  const { type, code, message, actualVersion } = error as Record<string, unknown>;
  return { type, code, message: String(message), actual: actualVersion };
}

type Seen = {
  readonly revision: bigint;
  readonly type: string;
  readonly position: { readonly commit: bigint; readonly prepare: bigint };
};

async function collected(events: AsyncIterable<{ readonly event?: unknown }>): Promise<Seen[]> {
  const seen: Seen[] = [];
  for await (const { event } of events) seen.push(event as Seen);
  return seen;
}

/** What a subscription says until it is caught up or fails. */
async function heard(subscription: AllStreamSubscription) {
  const said: string[] = [];
  subscription.on('data', ({ event }) => said.push(event?.type ?? ''));
  subscription.on('caughtUp', () => said.push('caught up'));
  subscription.on('error', (error) =>
    said.push(`failed with ${(error as { code?: number }).code}`),
  );
  await until(() => /caught up|failed/.test(said.join()));
  return { said, leave: async () => await subscription.unsubscribe() };
}

const facts: Readonly<Record<string, Fact>> = {
  'a repeat at the same revision is answered as the first time, a part of it too': async ({
    client,
    stream,
  }) => {
    const two = [anEvent(), anEvent()];
    const at = { expectedRevision: 'no_stream' } as const;
    const first = await client.appendToStream(stream, two, at);
    assert.equal(first.nextExpectedRevision, 1n);
    assert.equal(first.position?.commit, first.position?.prepare);
    assert.deepEqual(await client.appendToStream(stream, two, at), first);
    assert.deepEqual(
      await client.appendToStream(stream, [two[1]!], { expectedRevision: 0n }),
      first,
    );
    const part = await client.appendToStream(stream, [two[0]!], at);
    assert.equal(part.nextExpectedRevision, 0n);
    assert.ok(part.position!.commit < first.position!.commit);
    const overlap = client.appendToStream(stream, [two[1]!, anEvent()], { expectedRevision: 0n });
    assert.equal((await failure(overlap)).type, 'wrong-expected-version');
    assert.equal((await collected(client.readStream(stream))).length, 2);
  },

  'the same id at another exact revision is written again': async ({ client, stream }) => {
    const event = anEvent();
    await client.appendToStream(stream, event, { expectedRevision: 'no_stream' });
    await client.appendToStream(stream, event, { expectedRevision: 0n });
    assert.equal((await collected(client.readStream(stream))).length, 2);
  },

  'a wrong revision says where the stream is': async ({ client, stream }) => {
    const beyond = client.appendToStream(stream, anEvent(), { expectedRevision: 7n });
    assert.deepEqual(await failure(beyond), {
      type: 'wrong-expected-version',
      code: undefined,
      message: '',
      actual: 'no_stream',
    });
    await client.appendToStream(stream, [anEvent(), anEvent()], { expectedRevision: 'no_stream' });
    for (const expectedRevision of ['no_stream', 0n, 7n] as const)
      assert.equal(
        (await failure(client.appendToStream(stream, anEvent(), { expectedRevision }))).actual,
        1n,
      );
  },

  'what is no append is refused': async ({ client, stream }) => {
    for (const [name, event] of [
      [stream, { ...anEvent(), id: 'nope' }],
      [stream, { ...anEvent(), type: '' }],
      ['', anEvent()],
    ] as const)
      assert.match((await failure(client.appendToStream(name, event))).message, /BadRequest/);
    const large = binaryEvent({ type: 'T', data: new Uint8Array(1_048_577) });
    assert.equal(
      (await failure(client.appendToStream(stream, large))).type,
      'maximum-append-size-exceeded',
    );
    const { success } = await client.appendToStream(stream, [], { expectedRevision: 'no_stream' });
    assert.ok(success);
    assert.equal((await failure(collected(client.readStream(stream)))).type, 'stream-not-found');
  },

  'a position between events is refused, one beyond the end is silence': async ({
    client,
    stream,
  }) => {
    await client.appendToStream(stream, [anEvent(), anEvent()]);
    const [first, second] = await collected(client.readStream(stream));
    const at = (commit: bigint) => ({ fromPosition: { commit, prepare: commit } });
    const page = await collected(client.readAll({ ...at(first!.position.commit), maxCount: 2 }));
    assert.deepEqual(
      page.map(({ position }) => position),
      [first!.position, second!.position],
    );
    const back = client.readAll({
      ...at(second!.position.commit),
      direction: 'backwards',
      maxCount: 1,
    });
    assert.deepEqual((await collected(back))[0]?.position, first!.position);
    const between = await failure(
      collected(client.readAll({ ...at(first!.position.commit + 1n), maxCount: 2 })),
    );
    assert.match(between.message, /InvalidPosition/);
    const refused = await heard(client.subscribeToAll(at(first!.position.commit + 1n)));
    assert.deepEqual(refused.said, ['failed with 3']);
    const beyond = second!.position.commit + 1_000_000_000n;
    assert.deepEqual(await collected(client.readAll({ ...at(beyond), maxCount: 2 })), []);
    const silent = await heard(client.subscribeToAll(at(beyond)));
    await client.appendToStream(stream, anEvent());
    assert.deepEqual(silent.said, ['caught up']);
    await silent.leave();
  },

  'a subscription excludes where it begins, and checks its filter in windows': async ({
    client,
    stream,
  }) => {
    await client.appendToStream(stream, [anEvent(), anEvent(), anEvent()]);
    const [first] = await collected(client.readStream(stream));
    const checkpoints: bigint[] = [];
    const filter = streamNameFilter({
      prefixes: [stream],
      checkpointReached: async (_, { commit }) => void checkpoints.push(commit),
    });
    for (let count = 0; count < 70; count++)
      await client.appendToStream(`${stream}-x`.slice(1), anEvent());
    const { said, leave } = await heard(
      client.subscribeToAll({ fromPosition: first!.position, filter }),
    );
    assert.deepEqual(said, ['Noted', 'Noted', 'caught up']);
    assert.ok(checkpoints.length >= 2, `${checkpoints.length} checkpoints`);
    await leave();
  },

  'metadata hides events, a soft delete hides all, and numbers go on': async ({
    client,
    stream,
  }) => {
    await client.appendToStream(stream, [anEvent(), anEvent(), anEvent()]);
    await client.setStreamMetadata(stream, { maxCount: 2 });
    assert.deepEqual(
      (await collected(client.readStream(stream))).map(({ revision }) => revision),
      [1n, 2n],
    );
    await client.deleteStream(stream);
    assert.equal((await failure(collected(client.readStream(stream)))).type, 'stream-not-found');
    const again = await client.appendToStream(stream, anEvent(), { expectedRevision: 'no_stream' });
    assert.equal(again.nextExpectedRevision, 3n);
    assert.deepEqual(
      (await collected(client.readStream(stream))).map(({ revision }) => revision),
      [3n],
    );
    const settings = await collected(client.readStream(`$$${stream}`));
    assert.ok(settings.every(({ type }) => type === '$metadata'));
    assert.equal(settings.length, 1);
  },

  'a tombstone is for ever, and an event of its own': async ({ client, stream }) => {
    await client.appendToStream(stream, anEvent());
    await client.tombstoneStream(stream);
    assert.equal((await failure(collected(client.readStream(stream)))).type, 'stream-deleted');
    const append = client.appendToStream(stream, anEvent(), { expectedRevision: 'no_stream' });
    assert.equal((await failure(append)).type, 'stream-deleted');
    const [last] = await collected(
      client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 }),
    );
    assert.deepEqual([last?.type, last?.revision], ['$streamDeleted', 9223372036854775807n]);
  },
};

async function peerAt(t: TestContext, url: string): Promise<Peer> {
  const client = EventStoreDBClient.connectionString(url);
  t.after(async () => await client.dispose());
  return { client, stream: `fact-${randomUUID()}` };
}

for (const [fact, check] of Object.entries(facts)) {
  test(`the double: ${fact}`, async (t) => {
    await check(await peerAt(t, (await eventStoreDouble(t)).url));
  });
  const real = process.env['EVENTSTORE_TEST_URL'];
  if (real !== undefined)
    test(`a real server: ${fact}`, async (t) => {
      await check(await peerAt(t, real));
    });
}
