import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { commandHandler } from '#commands/handle.ts';
import { heldStreams } from '#commands/held-streams.ts';
import { history } from '#commands/history.ts';
import { type EventLog, LogUnavailable, type SnapshotStore } from '#commands/ports.ts';
import { documentSubject } from '#domain/event.ts';
import { streamOf } from '#domain/stream.ts';
import { systemIds } from '#infra/system/ids.ts';
import { memoryKeyStore } from '#infra/memory/key-store.ts';
import { process, request, world } from '#test/support/command-path.ts';
import { acme, testSealer } from '#test/support/sealing.ts';
import { type Tally, tallyAggregate } from '#test/support/tally.ts';

test('a state is released once, also where reading the stream anew fails several times', async () => {
  const shared = world();
  const { clock, log } = shared;
  let isAway = false;
  const readStream: EventLog['readStream'] = async (...asked) => {
    if (isAway) throw new LogUnavailable('away');
    return await log.readStream(...asked);
  };
  const released: unknown[] = [];
  const aggregate = { ...tallyAggregate, release: (state: unknown) => void released.push(state) };
  const ports = { ...shared, log: { ...log, readStream }, warn: assert.fail };
  const past = history(ports, aggregate, heldStreams(ports, aggregate));
  const id = randomUUID();
  await past.newest(acme, id);
  await clock.advance(61_000);
  isAway = true;
  for (let times = 0; times < 3; times++) {
    await assert.rejects(past.newest(acme, id), LogUnavailable);
    await clock.advance(1);
  }
  isAway = false;
  await past.newest(acme, id);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(released.length, 1);
});

test('a stream whose id was just made is not read before its first command, and one that is not new after all loses nothing', async () => {
  const shared = world();
  let reads = 0;
  const readStream: EventLog['readStream'] = async (...asked) => {
    reads += 1;
    return await shared.log.readStream(...asked);
  };
  const { handle, history: past } = process({ ...shared, log: { ...shared.log, readStream } });
  const [made, taken] = [randomUUID(), randomUUID()];
  past.expectNew(acme, made);
  assert.equal((await handle(made, { type: 'Count', by: 2 }, request())).state.sum, 2);
  assert.equal(reads, 0);

  await process(shared).handle(taken, { type: 'Count', by: 5 }, request());
  past.expectNew(acme, taken);
  assert.equal((await handle(taken, { type: 'Count', by: 2 }, request())).state.sum, 7);
});

test('a stream that is in use is read once, however long it is in use', async () => {
  const shared = world();
  const made = randomUUID();
  await process(shared).handle(made, { type: 'Count', by: 2 }, request());
  let folds = 0;
  const readStream: EventLog['readStream'] = async (...asked) => {
    if (asked[1]?.from === 0) folds += 1;
    return await shared.log.readStream(...asked);
  };
  const { handle } = process({ ...shared, log: { ...shared.log, readStream } });
  for (let minute = 0; minute < 5; minute++) {
    await handle(made, { type: 'Count', by: 1 }, request());
    await shared.clock.advance(61_000);
  }
  assert.equal((await handle(made, { type: 'Count', by: 1 }, request())).state.sum, 8);
  assert.equal(folds, 1);
});

test('what was folded goes with its key that another process destroyed', async () => {
  const { clock, ...shared } = world();
  const store = memoryKeyStore();
  const [here, elsewhere] = [testSealer({ store, clock }), testSealer({ store, clock })];
  const { handle, history: past } = process({ ...shared, clock, sealer: here });
  const id = randomUUID();
  await handle(id, { type: 'Count', by: 2 }, request());
  await elsewhere.destroy(acme, documentSubject({ id }));
  await clock.advance(61_000);
  const { state } = await past.newest(acme, id);
  assert.deepEqual(state, { sum: 0, closed: false, erased: true });
});

test('snapshots that are due at once are taken one after the other, each of them', async () => {
  const shared = world();
  const saved: string[] = [];
  let [atOnce, most] = [0, 0];
  const save: SnapshotStore['save'] = async (stream, ...what) => {
    most = Math.max(most, (atOnce += 1));
    await new Promise((resolve) => setImmediate(resolve));
    await shared.snapshots.save(stream, ...what);
    atOnce -= 1;
    saved.push(stream);
  };
  const { handle, streams } = process({ ...shared, snapshots: { ...shared.snapshots, save } });
  const ids = Array.from({ length: 5 }, () => randomUUID());
  const counted = { type: 'Count', by: 1, times: 200 } as const;
  await Promise.all(ids.map(async (id) => await handle(id, counted, request())));
  await streams.settled();
  assert.deepEqual(saved.toSorted(), ids.map((id) => streamOf(acme, 'document', id)).toSorted());
  assert.equal(most, 1);
});

test('a snapshot that is taken at once is of its own revision, whatever is saved or written first', async () => {
  const shared = world();
  const going = Promise.withResolvers<void>();
  const save: SnapshotStore['save'] = async (...what) => {
    await going.promise;
    await shared.snapshots.save(...what);
  };
  const snapshot = {
    ...tallyAggregate.snapshot!,
    eagerAfter: (type: string) => type === 'Counted',
  };
  const aggregate = { ...tallyAggregate, snapshot };
  const ports = { ...shared, snapshots: { ...shared.snapshots, save }, warn: assert.fail };
  const streams = heldStreams(ports, aggregate);
  const handle = commandHandler({ ...ports, ids: systemIds }, aggregate, streams);
  const [first, second] = [randomUUID(), randomUUID()];
  await handle(first, { type: 'Count', by: 1 }, request());
  await handle(second, { type: 'Count', by: 1 }, request());
  await handle(second, { type: 'Close' }, request());
  going.resolve();
  await streams.settled();
  const stream = streamOf(acme, 'document', second);
  assert.equal((await shared.snapshots.load(stream, 1))?.revision, 0);
});

test('a stream is read anew where folding an event failed in the middle', async () => {
  const shared = world();
  const id = randomUUID();
  await process(shared).handle(id, { type: 'Count', by: 2 }, request());
  let isBroken = false;
  const { decider } = tallyAggregate;
  const evolve: typeof decider.evolve = (...what) => {
    if (isBroken) throw new RangeError('out of memory');
    return decider.evolve(...what);
  };
  const aggregate = { ...tallyAggregate, decider: { ...decider, evolve } };
  const ports = { ...shared, warn: assert.fail };
  const streams = heldStreams(ports, aggregate);
  const handle = commandHandler({ ...ports, ids: systemIds }, aggregate, streams);
  await handle(id, { type: 'Count', by: 3 }, request());
  isBroken = true;
  await assert.rejects(handle(id, { type: 'Count', by: 4 }, request()), RangeError);
  isBroken = false;
  assert.equal((await handle(id, { type: 'Count', by: 5 }, request())).state.sum, 14);
});

test('a snapshot that cannot be made is told of, and those behind it are taken', async () => {
  const shared = world();
  let isBroken = true;
  const encode = (state: Tally) => {
    if (isBroken) throw new RangeError('out of memory');
    return tallyAggregate.snapshot!.encode(state);
  };
  const aggregate = { ...tallyAggregate, snapshot: { ...tallyAggregate.snapshot!, encode } };
  const warnings: string[] = [];
  const ports = { ...shared, warn: (message: string) => void warnings.push(message) };
  const streams = heldStreams(ports, aggregate);
  const handle = commandHandler({ ...ports, ids: systemIds }, aggregate, streams);
  const [first, second] = [randomUUID(), randomUUID()];
  await handle(first, { type: 'Count', by: 1, times: 200 }, request());
  await streams.settled();
  assert.deepEqual(warnings, ['snapshot not saved']);
  isBroken = false;
  await handle(second, { type: 'Count', by: 1, times: 200 }, request());
  await streams.settled();
  assert.ok(await shared.snapshots.load(streamOf(acme, 'document', second), 1));
});
