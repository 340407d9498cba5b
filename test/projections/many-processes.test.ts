import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TenantId } from '#domain/ids.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import { systemClock } from '#infra/system/clock.ts';
import type { Clock, ProjectionStore } from '#projections/ports.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import {
  type Process,
  type World,
  append,
  caughtUp,
  eventually,
  newDocument,
  note,
  noteEvents,
  pause,
  projectionWorld,
  projector,
  readSum,
  stopping,
  sums,
} from '#test/support/projections.ts';
import { seededRandom } from '#test/support/random.ts';
import { acme, umbra } from '#test/support/sealing.ts';

/** A store whose transactions are cut off now and then, before or after their last statement. */
const shaky = (store: ProjectionStore, isCut: () => boolean): ProjectionStore => ({
  ...store,
  commit: async (lease, logId, move, work) => {
    const cut = () => {
      if (isCut()) throw Object.assign(new Error('cut off'), { code: 'ECONNRESET' });
    };
    await store.commit(lease, logId, move, async (batch) => {
      await work?.(batch);
      cut();
    });
    // Committed, and its process never heard of it.
    cut();
  },
});

/** What the log says the sums are. */
async function sumsOf({ log }: World, written: ReadonlyMap<StreamName, number[]>) {
  const expected = new Map<StreamName, unknown>();
  for (const [stream, numbers] of written) {
    const sum = numbers.reduce((total, by) => total + by, 0);
    assert.equal((await log.readStream(stream)).length, numbers.length);
    expected.set(stream, { sum, events: numbers.length, erased: false });
  }
  return expected;
}

test('processes that come, go, and lose connections count every event exactly once', async (t) => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const world = await projectionWorld(t);
  const projections = [sums({ partitions: 3 })];
  const written = new Map<StreamName, number[]>(
    Array.from({ length: 12 }, (_, index) => [newDocument(index % 2 === 0 ? acme : umbra), []]),
  );
  const streams = [...written.keys()];
  const store = shaky(world.store, () => random.next() < 0.05);
  const running: Process[] = [];
  const start = async () => running.push(await projector(t, { ...world, store }, projections));
  await start();
  for (let round = 0; round < 300; round += 1) {
    const stream = streams[random.below(streams.length)]!;
    const by = random.below(9);
    await note(world, stream, { by });
    written.get(stream)!.push(by);
    if (random.next() < 0.03 && running.length < 3) await start();
    if (random.next() < 0.03 && running.length > 1) {
      const [stopped] = running.splice(random.below(running.length), 1);
      await stopped!.engine.stop();
    }
  }
  for (const { engine } of running) await engine.stop();
  const last = await projector(t, world, projections);
  for (const tenant of [acme, umbra]) await caughtUp(world, last, projections, tenant);
  for (const [stream, expected] of await sumsOf(world, written)) {
    assert.deepEqual(
      (await readSum(last.views, stream)) ?? { sum: 0, events: 0, erased: false },
      expected,
    );
  }
  assert.deepEqual(await world.store.deadLetters(), []);
});

test('one that falls too far behind the shared flow reads the log on its own and joins again', async (t) => {
  const world = await projectionWorld(t);
  const stop = pause(t);
  const projections = [stopping(sums(), stop.reach)];
  const process = await projector(t, world, projections);
  await eventually(() => process.engine.flow.last !== undefined);
  const document = newDocument();
  await note(world, document, { by: 1 });
  await stop.inside;
  const others = Array.from({ length: 24_000 }, () => ({ type: 'Glanced', data: {} }));
  for (let from = 0; from < others.length; from += 1_000) {
    await append(world, newDocument(), others.slice(from, from + 1_000), {
      definitions: noteEvents,
    });
  }
  await note(world, document, { by: 2 });
  const head = await world.log.head();
  await eventually(() => process.engine.flow.last?.position === head);
  stop.goOn();
  await caughtUp(world, process, projections);
  await note(world, document, { by: 4 });
  await caughtUp(world, process, projections);
  const row = await readSum(process.views, document);
  assert.deepEqual(row, { sum: 7, events: 3, erased: false });
  assert.deepEqual(world.errors, []);
});

test('a stopped process gives its leases back, so that another need not wait for them', async (t) => {
  const clock = manualClock();
  const world = await projectionWorld(t, { clock });
  const projections = [sums()];
  const first = await projector(t, world, projections);
  const document = newDocument();
  await note(world, document, { by: 1 });
  await caughtUp(world, first, projections);
  await first.engine.stop();
  const second = await projector(t, world, projections);
  await note(world, document, { by: 1 });
  await caughtUp(world, second, projections);
  assert.equal((await readSum(second.views, document))?.sum, 2);
});

test('a process that comes later gets its share of a partitioned view, and leaves it when it goes', async (t) => {
  const clock: Clock = {
    ...systemClock,
    sleep: (ms, signal) => systemClock.sleep(ms / 50, signal),
  };
  const world = await projectionWorld(t, { clock });
  const projections = [sums({ partitions: 5 })];
  const documents = Array.from({ length: 10 }, (_, index) =>
    newDocument(TenantId.parse(`tenant-${index}`)),
  );
  const first = await projector(t, world, projections);
  const lanesOf = async () => {
    const { rows } = await world.database.pool.query<{ lanes: string }>(
      'select count(*) as lanes from projection_checkpoints where lease_owner is not null group by lease_owner',
    );
    return rows.map(({ lanes }) => Number(lanes)).toSorted((a, b) => a - b);
  };
  await eventually(async () => (await lanesOf()).join() === '5', 'one has all');
  const second = await projector(t, world, projections);
  await eventually(async () => (await lanesOf()).join() === '2,3', 'both have their share');
  for (const document of documents) await note(world, document, { by: 7 });
  for (const document of documents) {
    await caughtUp(world, first, projections, partsOf(document)!.tenant);
    assert.equal((await readSum(second.views, document))?.sum, 7);
  }
  await second.engine.stop();
  await eventually(async () => (await lanesOf()).join() === '5', 'one has all again');
  assert.deepEqual(world.errors, []);
});
