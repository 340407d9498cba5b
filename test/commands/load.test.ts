import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { EventLog, SnapshotStore } from '#commands/ports.ts';
import { type World, process, request, world } from '#test/support/command-path.ts';
import { acme } from '#test/support/sealing.ts';

const count = { type: 'Count', by: 1 } as const;

/** The same log, and how many events were read from it. */
function counted(log: EventLog) {
  const read = { events: 0 };
  const readStream: EventLog['readStream'] = async (stream, options) => {
    const events = await log.readStream(stream, options);
    read.events += events.length;
    return events;
  };
  return { read, log: { ...log, readStream } };
}

async function counting(shared: World, id: string, times: number) {
  const { handle, streams } = process(shared);
  for (let n = 0; n < times; n++) await handle(id, count, request());
  await streams.settled();
}

test('a load reads the snapshot and at most 200 events, however long the stream', async () => {
  const shared = world();
  const id = randomUUID();
  await counting(shared, id, 1_050);
  const { read, log } = counted(shared.log);
  const newest = await process({ ...shared, log }).history.newest(acme, id);
  assert.equal(newest.state.sum, 1_050);
  assert.ok(read.events <= 200, `${read.events} events read`);
});

test('a command on a stream that is held reads nothing at all', async () => {
  const shared = world();
  const id = randomUUID();
  const { read, log } = counted(shared.log);
  const { handle } = process({ ...shared, log });
  await handle(id, count, request());
  read.events = 0;
  for (let n = 0; n < 10; n++) await handle(id, count, request());
  assert.equal(read.events, 0);
});

test('every revision can be read, and reads no more than the snapshots make necessary', async () => {
  const shared = world();
  const id = randomUUID();
  await counting(shared, id, 450);
  const { read, log } = counted(shared.log);
  const { history } = process({ ...shared, log });
  for (const revision of [0, 150, 200, 399, 449]) {
    read.events = 0;
    assert.equal((await history.at(acme, id, { revision })).state.sum, revision + 1);
    assert.ok(read.events <= 200, `${read.events} events for revision ${revision}`);
  }
});

test('a time is answered with the last revision recorded by then', async () => {
  const shared = world();
  const id = randomUUID();
  const { handle, history } = process(shared);
  const before = new Date(shared.clock.now().getTime() - 1);
  const times: Date[] = [];
  for (let n = 0; n < 9; n++) {
    await handle(id, count, request());
    times.push(shared.clock.now());
    await shared.clock.advance(1_000);
  }
  assert.equal((await history.at(acme, id, { time: before })).revision, -1);
  for (const [revision, time] of times.entries()) {
    assert.equal((await history.at(acme, id, { time })).revision, revision);
  }
});

test('a snapshot that is lost, torn or swapped costs time and nothing else', async () => {
  const shared = world();
  const [id, other] = [randomUUID(), randomUUID()];
  await counting(shared, id, 250);
  await counting(shared, other, 201);
  const swapped: SnapshotStore = {
    ...shared.snapshots,
    load: async (stream, version, upTo) => {
      const found = await shared.snapshots.load(
        stream.replace(id, other) as typeof stream,
        version,
        upTo,
      );
      return found;
    },
  };
  const torn: SnapshotStore = {
    ...shared.snapshots,
    load: async () => ({ revision: 249, sealed: Uint8Array.of(1, 2, 3) }),
  };
  for (const snapshots of [swapped, torn]) {
    const { history } = process({ ...shared, snapshots });
    assert.equal((await history.newest(acme, id)).state.sum, 250);
  }
});

test('a destroyed key takes the content out of loads, snapshots and what a process still held', async () => {
  const shared = world();
  const id = randomUUID();
  await counting(shared, id, 250);
  const holding = process(shared);
  assert.equal((await holding.history.newest(acme, id)).state.sum, 250);

  await shared.sealer.destroy(acme, `document:${id}`);
  await shared.clock.advance(60_001);
  for (const { history } of [holding, process(shared)]) {
    const { state, revision } = await history.newest(acme, id);
    assert.deepEqual([state.sum, state.erased, revision], [0, true, 249]);
  }
});

test('what nobody was at for a minute is given back, and loaded again when it is wanted', async () => {
  const shared = world();
  const [idle, busy] = [randomUUID(), randomUUID()];
  const { read, log } = counted(shared.log);
  const { handle, streams } = process({ ...shared, log });
  await handle(idle, count, request());
  await shared.clock.advance(50_000);
  await handle(busy, count, request());
  await shared.clock.advance(15_000);
  read.events = 0;
  streams.releaseIdle();
  await handle(busy, count, request());
  assert.equal(read.events, 0, 'the busy one is held');
  await handle(idle, count, request());
  assert.equal(read.events, 1, 'the idle one was read again');
});
