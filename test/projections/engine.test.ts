import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { CommandId } from '#domain/ids.ts';
import { LogTampered } from '#domain/log-tampered.ts';
import { partsOf } from '#domain/stream.ts';
import { memoryEventLog } from '#infra/memory/event-log.ts';
import { postgresProjectionStore } from '#infra/postgres/projections/store.ts';
import { systemClock } from '#infra/system/clock.ts';
import { LEASE_MS } from '#projections/lane.ts';
import { reachedBy } from '#projections/reached.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import {
  caughtUp,
  eventually,
  newDocument,
  note,
  pause,
  projectionWorld,
  projector,
  readSum,
  stopping,
  sums,
} from '#test/support/projections.ts';
import { acme, umbra } from '#test/support/sealing.ts';

const row = (sum: number, events: number, erased = false) => ({ sum, events, erased });

test('a view shows what was in the log before it began and what came after', async (t) => {
  const world = await projectionWorld(t);
  const document = newDocument();
  await note(world, document, { by: 2 });
  await note(world, document);
  const projections = [sums()];
  const process = await projector(t, world, projections);
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, document), row(2, 1));
  await note(world, document, { by: 3 });
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, document), row(5, 2));
  assert.deepEqual(world.errors, []);
});

for (const moment of ['before', 'after'] as const) {
  test(`a zombie whose lease was taken ${moment} it wrote its rows changes nothing`, async (t) => {
    const clock = manualClock();
    const world = await projectionWorld(t, { clock });
    const document = newDocument();
    await note(world, document, { by: 2 });
    const stop = pause(t);
    const idle = async () => undefined;
    const zombies = [
      moment === 'before' ? stopping(sums(), stop.reach) : stopping(sums(), idle, stop.reach),
    ];
    const zombie = await projector(t, world, zombies);
    await stop.inside;

    // Another process, an hour later by its own clock: the lease is long over.
    const later = manualClock(new Date(clock.now().getTime() + 3_600_000).toISOString());
    const store = postgresProjectionStore(world.database, later);
    const projections = [sums()];
    const heir = await projector(t, { ...world, clock: later, store }, projections);
    const heirHasIt = async () => {
      const { rows } = await world.database.pool.query('select epoch from projection_checkpoints');
      return rows[0].epoch === '2';
    };
    await eventually(heirHasIt, 'the lease is taken');
    if (moment === 'before') await caughtUp(world, heir, projections);
    stop.goOn();
    await caughtUp(world, heir, projections);
    await zombie.engine.stop();
    await note(world, document, { by: 5 });
    await caughtUp(world, heir, projections);
    assert.deepEqual(await readSum(heir.views, document), row(7, 2));
    assert.deepEqual(world.errors, []);
  });
}

test('two processes that run one projection count every event once', async (t) => {
  const clock = manualClock();
  const world = await projectionWorld(t, { clock });
  const projections = [sums()];
  const first = await projector(t, world, projections);
  const second = await projector(t, world, projections);
  const document = newDocument();
  for (let count = 0; count < 100; count += 1) await note(world, document, { by: 1 });
  await caughtUp(world, second, projections);
  await first.engine.stop();
  for (let count = 0; count < 100; count += 1) await note(world, document, { by: 1 });
  await eventually(() => clock.sleepers > 0);
  await clock.advance(LEASE_MS);
  await caughtUp(world, second, projections);
  assert.deepEqual(await readSum(second.views, document), row(200, 200));
  assert.deepEqual(world.errors, []);
});

test('a lease that its owner did not renew is taken over, and not before', async (t) => {
  const clock = manualClock();
  const world = await projectionWorld(t, { clock });
  const projections = [sums()];
  await world.store.install(projections);
  const [standing] = await world.store.standings(projections);
  assert.ok(await world.store.acquire(standing!.lane, 'dead', LEASE_MS));
  const document = newDocument();
  await note(world, document, { by: 1 });

  const process = await projector(t, world, projections);
  assert.equal(await world.store.acquire(standing!.lane, 'other', LEASE_MS), undefined);
  assert.equal(await readSum(process.views, document), undefined);
  await clock.advance(LEASE_MS - 1);
  assert.equal(await world.store.acquire(standing!.lane, 'other', LEASE_MS), undefined);
  assert.equal(await readSum(process.views, document), undefined);
  await eventually(async () => {
    await clock.advance(LEASE_MS / 4);
    return (await readSum(process.views, document)) !== undefined;
  });
  assert.deepEqual(await readSum(process.views, document), row(1, 1));
});

test('a batch that is cut off leaves neither rows nor checkpoint and is done again', async (t) => {
  const world = await projectionWorld(t);
  const document = newDocument();
  for (let count = 0; count < 10; count += 1) await note(world, document, { by: 1 });
  const cuts = ['ECONNRESET', '57P01', '40001'];
  const cut = async () => {
    const code = cuts.shift();
    if (code !== undefined) throw Object.assign(new Error('cut off'), { code });
  };
  const projections = [stopping(sums(), async () => undefined, cut)];
  const process = await projector(t, world, projections);
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, document), row(10, 10));
  assert.equal(world.errors.length, 3);
  assert.deepEqual(await world.store.deadLetters(), []);
});

test('a process that starts again goes on where the last one was', async (t) => {
  const world = await projectionWorld(t);
  const document = newDocument();
  const projections = [sums()];
  for (let round = 1; round <= 3; round += 1) {
    const process = await projector(t, world, projections);
    await note(world, document, { by: 1 });
    await note(world, document);
    await caughtUp(world, process, projections);
    assert.deepEqual(await readSum(process.views, document), row(round, round));
    await process.engine.stop();
  }
  const [{ checkpoint } = assert.fail()] = await world.store.standings(projections);
  const [last] = await world.log.readAll({ after: 5n, limit: 1 });
  assert.deepEqual(checkpoint, { position: 6n, eventId: last?.header.id, ordinal: 6n });
  assert.deepEqual(world.errors, []);
});

test('an event of nobody moves the checkpoint too', async (t) => {
  const world = await projectionWorld(t);
  const projections = [sums()];
  await projector(t, world, projections);
  const position = await note(world, newDocument());
  await eventually(async () => {
    const [standing] = await world.store.standings(projections);
    return standing!.checkpoint.position === position;
  });
});

for (const [how, replaced] of [
  ['another log', 'is log'],
  ['a restored log', 'restored or replaced'],
] as const) {
  test(`views are not fed from ${how}`, async (t) => {
    const world = await projectionWorld(t);
    const projections = [sums()];
    const document = newDocument();
    await note(world, document, { by: 1 });
    const before = await projector(t, world, projections);
    await caughtUp(world, before, projections);
    await before.engine.stop();

    const other = memoryEventLog({ clock: world.clock });
    const log = how === 'another log' ? other : { ...other, logId: world.log.logId };
    if (how === 'another log') await note({ ...world, log }, document, { by: 1 });
    const after = await projector(t, world, projections, { log });
    await eventually(() => after.engine.failure !== undefined);
    assert.ok(after.engine.failure instanceof LogTampered);
    assert.match(after.engine.failure.message, new RegExp(replaced));
    assert.deepEqual(await readSum(after.views, document), row(1, 1));
  });
}

test('a log that loses its end while it is followed is noticed', async (t) => {
  const world = await projectionWorld(t);
  const projections = [sums()];
  const restored = memoryEventLog({ clock: world.clock });
  let log = world.log;
  const cut = new AbortController();
  const followed = {
    ...world.log,
    at: (position: bigint) => log.at(position),
    follow: (options: Parameters<typeof log.follow>[0]) =>
      log.follow({ ...options, signal: AbortSignal.any([options.signal, cut.signal]) }),
  };
  const process = await projector(t, world, projections, { log: followed });
  await note(world, newDocument(), { by: 1 });
  await caughtUp(world, process, projections);
  log = restored;
  cut.abort();
  await eventually(() => process.engine.failure instanceof LogTampered);
});

test('an erased event reaches its handler as what is left of it', async (t) => {
  const world = await projectionWorld(t);
  const [gone, kept] = [newDocument(), newDocument()];
  await note(world, gone, { by: 1 });
  await note(world, gone, { by: 2 });
  await note(world, kept, { by: 4 });
  await world.sealer.destroy(acme, `document:${partsOf(gone)!.id}`);
  const projections = [sums()];
  const process = await projector(t, world, projections);
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, gone), row(0, 2, true));
  assert.deepEqual(await readSum(process.views, kept), row(4, 1));
});

test('a command in several appends takes effect with its last event', async (t) => {
  const world = await projectionWorld(t);
  const document = newDocument();
  const projections = [sums()];
  const process = await projector(t, world, projections);
  const commandId = randomUUID() as CommandId;
  await note(world, document, { by: 1 });
  await note(world, document, { by: 10, commandId, commandIndex: 0, unfinished: true });
  await note(world, document, { by: 20, commandId, commandIndex: 1, unfinished: true });
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, document), row(1, 1));
  await note(world, document, { by: 30, commandId, commandIndex: 2, parts: 2 });
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, document), row(61, 4));
});

test('a command that never finished has no effect, also after others', async (t) => {
  const world = await projectionWorld(t);
  const document = newDocument();
  const commandId = randomUUID() as CommandId;
  await note(world, document, { by: 10, commandId, unfinished: true });
  await note(world, document, { by: 1 });
  const projections = [sums()];
  const process = await projector(t, world, projections);
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, document), row(1, 1));
});

test('whoever waits for a position waits for the views he names, up to his deadline', async (t) => {
  const world = await projectionWorld(t);
  const stop = pause(t);
  const projections = [stopping(sums(), stop.reach)];
  const process = await projector(t, world, projections);
  // A process without projectors asks the database.
  for (const progress of [process.progress, { ...process.progress, seen: () => undefined }]) {
    const reached = reachedBy({ ...world, clock: systemClock, projections, progress });
    assert.equal(await reached(acme, ['sums'], 1n, AbortSignal.timeout(50)), false);
  }
  const position = await note(world, newDocument(), { by: 1 });
  const waiting = [process.progress, { ...process.progress, seen: () => undefined }].map(
    (progress) => {
      const reached = reachedBy({ ...world, clock: systemClock, projections, progress });
      return reached(acme, ['sums'], position, AbortSignal.timeout(10_000));
    },
  );
  stop.goOn();
  assert.deepEqual(await Promise.all(waiting), [true, true]);
});

test('tenants are spread over partitions, each with a checkpoint of its own', async (t) => {
  const world = await projectionWorld(t);
  const projections = [sums({ partitions: 4 })];
  const documents = [newDocument(acme), newDocument(umbra)];
  for (const document of documents) await note(world, document, { by: 3 });
  const process = await projector(t, world, projections);
  for (const document of documents) {
    await note(world, document, { by: 4 });
    await caughtUp(world, process, projections, partsOf(document)!.tenant);
    assert.deepEqual(await readSum(process.views, document), row(7, 2));
  }
  const standings = await world.store.standings(projections);
  assert.deepEqual(
    standings.map(({ lane }) => lane.partition),
    [0, 1, 2, 3],
  );
  await eventually(async () => {
    const standings = await world.store.standings(projections);
    return standings.every(({ checkpoint }) => checkpoint.position === 4n);
  });
});
