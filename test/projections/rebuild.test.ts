import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { StreamName } from '#domain/stream.ts';
import { postgresProjectionStore } from '#infra/postgres/projections/store.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { readiness, standingsOf } from '#projections/standing.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import {
  type Process,
  type World,
  caughtUp,
  eventually,
  newDocument,
  note,
  operations,
  pause,
  projectionWorld,
  projector,
  readSum,
  stopping,
  sums,
} from '#test/support/projections.ts';
import { acme } from '#test/support/sealing.ts';

const generationRead = async (world: World) => {
  const { rows } = await world.database.pool.query('select schema_name from projection_registry');
  return rows.map(({ schema_name }) => schema_name as string).toSorted();
};

const schemas = async (world: World) => {
  const { rows } = await world.database.pool.query(
    `select nspname from pg_namespace where nspname like 'sums%' order by nspname`,
  );
  return rows.map(({ nspname }) => nspname as string);
};

/** What a reader sees, again and again until it is told to stop. */
function reader({ views }: Process) {
  const end = new AbortController();
  let lowest = Infinity;
  let reads = 0;
  const done = (async () => {
    while (!end.signal.aborted) {
      const { rows } = await runAsTenant(acme, () =>
        views.read((tables) =>
          sql<{ events: number }>`select coalesce(sum(events), 0)::int as events from sums
                                   where tenant_id = ${acme}`.execute(tables),
        ),
      );
      lowest = Math.min(lowest, rows[0]!.events);
      reads += 1;
    }
  })();
  return {
    stop: async () => {
      end.abort();
      await done;
      return { lowest, reads };
    },
  };
}

async function written(world: World, documents: number): Promise<StreamName[]> {
  const streams = Array.from({ length: documents }, () => newDocument());
  for (const stream of streams) await note(world, stream, { by: 1 });
  return streams;
}

test('readers see whole views all through a rebuild, also while events arrive', async (t) => {
  const world = await projectionWorld(t);
  const projections = [sums()];
  const [document = assert.fail()] = await written(world, 300);
  const process = await projector(t, world, projections);
  await caughtUp(world, process, projections);
  const readers = [reader(process), reader(process)];
  for (const generation of [2, 3]) {
    assert.ok(await operations(world, projections, process).rebuild('sums'));
    await eventually(async () => {
      await note(world, document, { by: 1 });
      return (await generationRead(world)).includes(`sums_v1_g${generation}`);
    }, 'the rebuild is read');
  }
  for (const { stop } of readers) {
    const { lowest, reads } = await stop();
    assert.ok(lowest >= 300 && reads > 0, `saw ${lowest} events`);
  }
  await caughtUp(world, process, projections);
  const written1 = await world.log.readStream(document);
  assert.equal((await readSum(process.views, document))?.events, written1.length);
  assert.deepEqual(world.errors, []);
});

test('the tables of an old build go when nobody can still be reading them', async (t) => {
  const clock = manualClock();
  const world = await projectionWorld(t, { clock });
  const projections = [sums()];
  await written(world, 3);
  const process = await projector(t, world, projections);
  await caughtUp(world, process, projections);
  await operations(world, projections, process).rebuild('sums');
  await eventually(async () => {
    await clock.advance(100);
    return (await generationRead(world)).includes('sums_v1_g2');
  });
  assert.deepEqual(await world.store.sweep(60_000), []);
  assert.deepEqual(await schemas(world), ['sums_v1_g1', 'sums_v1_g2']);
  const later = manualClock(new Date(clock.now().getTime() + 61_000).toISOString());
  const laterStore = postgresProjectionStore(world.database, later);

  // A reader that still holds the old tables is waited for, briefly, and not for ever.
  const held = pause(t);
  const holding = world.database.asOwner(async (tx) => {
    await sql`lock table sums_v1_g1.sums in access share mode`.execute(tx);
    await held.reach();
  });
  await held.inside;
  await assert.rejects(laterStore.sweep(60_000), /lock timeout/);
  held.goOn();
  await holding;
  assert.deepEqual(await laterStore.sweep(60_000), ['sums_v1_g1']);
  assert.deepEqual(await schemas(world), ['sums_v1_g2']);
});

test('a rebuild that a crash interrupted goes on where it was', async (t) => {
  const world = await projectionWorld(t);
  const [document = assert.fail()] = await written(world, 20);
  const first = await projector(t, world, [sums()]);
  await caughtUp(world, first, [sums()]);
  await first.engine.stop();
  const operate = operations(world, [sums()]);
  await operate.rebuild('sums');

  // It dies in the middle of the rebuild, with the first batch committed.
  let batches = 0;
  const stop = pause(t);
  const die = async () => {
    batches += 1;
    if (batches === 1) return;
    await stop.reach();
    throw Object.assign(new Error('killed'), { code: 'ECONNRESET' });
  };
  const dying = [stopping(sums(), die)];
  const log = { ...world.log, readAll: readingFew(world.log) };
  const dead = await projector(t, world, dying, { log });
  await stop.inside;
  stop.goOn();
  await dead.engine.stop();
  const building = (await world.store.standings([sums()])).find(({ registered }) => !registered);
  assert.ok(building!.checkpoint.position > 0n && building!.checkpoint.position < 20n);

  assert.ok(await operate.rebuild('sums'));
  const next = await projector(t, world, [sums()]);
  await eventually(async () => (await generationRead(world)).includes('sums_v1_g2'));
  assert.deepEqual(await readSum(next.views, document), { sum: 1, events: 1, erased: false });
});

test('a rebuild can be given up, and readers do not notice', async (t) => {
  const world = await projectionWorld(t);
  const [document = assert.fail()] = await written(world, 3);
  const stop = pause(t);
  let building = false;
  const projections = [stopping(sums(), async () => (building ? await stop.reach() : undefined))];
  const process = await projector(t, world, projections);
  await caughtUp(world, process, projections);
  building = true;
  const operate = operations(world, projections, process);
  assert.equal(await operate.cancel('sums'), false);
  assert.ok(await operate.rebuild('sums'));
  await stop.inside;
  const progress = async () => {
    const deps = { ...world, source: counting(world.log), projections, progress: process.progress };
    return (await standingsOf(deps)).map(({ status, events, ofEvents, lagEvents }) => ({
      status,
      events,
      ofEvents,
      lagEvents,
    }));
  };
  assert.deepEqual(await progress(), [
    { status: 'serving', events: 3, ofEvents: 3, lagEvents: 0 },
    { status: 'building', events: 0, ofEvents: 3, lagEvents: 3 },
  ]);
  assert.ok(await operate.cancel('sums'));
  building = false;
  stop.goOn();
  await note(world, document, { by: 1 });
  await caughtUp(world, process, projections);
  assert.deepEqual(await readSum(process.views, document), { sum: 2, events: 2, erased: false });
  assert.deepEqual(await generationRead(world), ['sums_v1_g1']);
  assert.equal((await progress()).length, 1);
  assert.equal(await operate.rebuild('nothing'), false);
});

test('a new version is built beside the old, which its own processes go on reading', async (t) => {
  const world = await projectionWorld(t);
  const [document = assert.fail()] = await written(world, 3);
  const old = await projector(t, world, [sums()]);
  await caughtUp(world, old, [sums()]);

  const stop = pause(t);
  const raised = [stopping(sums({ version: 2 }), stop.reach)];
  const fresh = await projector(t, world, raised);
  await stop.inside;
  const ready = async () => {
    const deps = {
      ...world,
      source: counting(world.log),
      projections: raised,
      progress: fresh.progress,
    };
    return (await readiness(deps)).map(({ caughtUp }) => caughtUp);
  };
  assert.deepEqual(await ready(), [false]);
  await note(world, document, { by: 5 });
  await caughtUp(world, old, [sums()]);
  assert.deepEqual(await readSum(old.views, document), { sum: 6, events: 2, erased: false });
  assert.equal(await readSum(fresh.views, document), undefined);

  stop.goOn();
  await eventually(async () => (await ready())[0] === true);
  assert.deepEqual(await readSum(fresh.views, document), { sum: 6, events: 2, erased: false });
  assert.deepEqual(await generationRead(world), ['sums_v1_g1', 'sums_v2_g2']);

  // The old version's tables stay as long as a process of its own runs them.
  const later = (ms: number) =>
    postgresProjectionStore(world.database, { now: () => new Date(Date.now() + ms) });
  assert.deepEqual(await later(0).sweep(60_000), []);
  await old.engine.stop();
  assert.deepEqual(await later(0).sweep(60_000), []);
  assert.deepEqual(await later(120_000).sweep(60_000), ['sums_v1_g1']);
  assert.deepEqual(await readSum(fresh.views, document), { sum: 6, events: 2, erased: false });
});

test('one that lags without moving is stalled, one that has nothing to do is not', async (t) => {
  const clock = manualClock();
  const world = await projectionWorld(t, { clock });
  const stop = pause(t);
  const projections = [stopping(sums(), stop.reach)];
  const process = await projector(t, world, projections);
  const deps = { ...world, source: counting(world.log), projections, progress: process.progress };
  const look = async () => (await standingsOf(deps))[0]!;
  await eventually(async () => (await look()).caughtUp);
  await clock.advance(60_000);
  assert.equal((await look()).stalled, false);
  await note(world, newDocument(), { by: 1, recordedAt: clock.now().toISOString() });
  await stop.inside;
  assert.deepEqual(pick(await look()), { lagEvents: 1, lagSeconds: 0, stalled: false });
  await clock.advance(31_000);
  assert.deepEqual(pick(await look()), { lagEvents: 1, lagSeconds: 31, stalled: true });
  stop.goOn();
  await eventually(async () => (await look()).lagSeconds === 0);
  assert.equal((await look()).stalled, false);
});

const pick = ({
  lagEvents,
  lagSeconds,
  stalled,
}: Awaited<ReturnType<typeof standingsOf>>[number]) => ({
  lagEvents,
  lagSeconds,
  stalled,
});

/** Positions of this log have no holes. */
const counting = (log: World['log']) => ({ ...log, count: () => log.head() });

/** A log that answers a few events at a time, so that a rebuild takes several batches. */
const readingFew =
  (log: World['log']): World['log']['readAll'] =>
  (options) =>
    log.readAll({ ...options, limit: Math.min(options.limit, 5) });
