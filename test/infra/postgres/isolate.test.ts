import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { TenantId } from '#domain/ids.ts';
import type { Database } from '#infra/postgres/database.ts';
import { isolateTenant } from '#infra/postgres/isolation/isolate-tenant.ts';
import { tablesOf } from '#infra/postgres/isolation/tenant-tables.ts';
import { systemClock as clock } from '#infra/system/clock.ts';
import { systemIds as ids } from '#infra/system/ids.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { freshDatabase } from '#test/support/database.ts';
import { startScript, until } from '#test/support/process.ts';
import {
  caughtUp,
  newDocument,
  note,
  operations,
  projectionWorld,
  projector,
  readSum,
  sums,
} from '#test/support/projections.ts';
import { acme, umbra } from '#test/support/sealing.ts';

/** The long form: ISOLATE_ROWS=1000000, so many for everybody and a tenth for the tenant that moves. */
const ROWS = Number(process.env['ISOLATE_ROWS'] ?? 20_000);
const minutes = { timeout: 600_000 };

test('a tenant gets partitions of its own while views are written and read, and counts on', async (t) => {
  const world = await projectionWorld(t);
  const { database } = world;
  const projections = [sums({ partitions: 2 })];
  const process = await projector(t, world, projections);
  const documents = [newDocument(acme), newDocument(acme), newDocument(umbra)];
  const written = new Map(documents.map((one) => [one, 0]));
  const over = new AbortController();
  const isOver = () => over.signal.aborted;
  const writing = (async () => {
    for (let count = 0; !isOver(); count++) {
      const document = documents[count % 3]!;
      await note(world, document, { by: 1 });
      written.set(document, written.get(document)! + 1);
      await clock.sleep(1);
    }
  })();
  const reading = (async () => {
    while (!isOver()) for (const one of documents) await readSum(process.views, one);
  })();
  await until(async () => (await readSum(process.views, documents[0]!)) !== undefined);
  const { moved } = await isolateTenant({ database, clock, ids }, acme);
  await until(() => written.get(documents[0]!)! > 50);
  over.abort();
  await Promise.all([writing, reading]);

  assert.ok(moved.includes('public.snapshots') && moved.some((name) => name.endsWith('.sums')));
  for (const tenant of [acme, umbra]) await caughtUp(world, process, projections, tenant);
  for (const [document, sum] of written)
    assert.deepEqual(await readSum(process.views, document), { sum, events: sum, erased: false });
  assert.deepEqual(await world.store.deadLetters(), []);

  const again = await isolateTenant({ database, clock, ids }, acme);
  assert.deepEqual(again, { moved: [], rows: 0 });

  const next = await world.store.begin(projections[0]!);
  assert.ok((await tablesOf(database, acme)).every(({ isMoved }) => isMoved));
  assert.equal(
    (await tablesOf(database, umbra)).some(({ isMoved }) => isMoved),
    false,
  );
  process.engine.nudge();
  await until(async () =>
    (await world.store.standings(projections)).some(
      ({ lane, registered }) => registered && lane.generation === next.generation,
    ),
  );
  for (const [document, sum] of written)
    assert.equal((await readSum(process.views, document))?.sum, sum);
  assert.deepEqual(await operations(world, projections).deadLetters(), []);
});

test('what is moved is where it belongs, and as closed to others as before', async (t) => {
  const database = await freshDatabase(t);
  await crowd(database, 400);
  const before = await rowsOf(database);
  const { rows } = await isolateTenant({ database, clock, ids }, acme);
  assert.equal(rows, 40);
  assert.deepEqual(await rowsOf(database), before);
  const own = (await tablesOf(database, acme)).find(
    ({ table }) => table === 'snapshots',
  )!.partition;
  const places = await database.asOwner(
    async (tx) =>
      (
        await sql<{ place: string; tenants: number }>`
          select tableoid::regclass::text as place, count(distinct tenant_id)::int as tenants
            from snapshots where tenant_id = ${acme} or true group by 1 order by 1`.execute(tx)
      ).rows,
  );
  assert.deepEqual(places.find(({ place }) => place === own)?.tenants, 1);
  const visible = async (tenant: TenantId, table: string) =>
    await runAsTenant(tenant, async () =>
      database.inTenant(
        async (tx) =>
          (await sql<{ count: number }>`select count(*)::int from ${sql.table(table)}`.execute(tx))
            .rows[0]?.count,
      ),
    );
  assert.equal(await visible(acme, 'snapshots'), 40);
  assert.equal(await visible(umbra, 'snapshots'), 400);
  await assert.rejects(visible(acme, own), /permission denied/);
  await assert.rejects(visible(umbra, own), /permission denied/);
});

test(
  'killed at any moment, it leaves nothing that refuses, and goes on when it is asked again',
  minutes,
  async (t) => {
    const database = await freshDatabase(t);
    await crowd(database, ROWS);
    const before = await rowsOf(database);
    const process = () =>
      startScript(t, 'test/infra/postgres/isolate-process.ts', [
        database.url,
        database.ownerUrl,
        acme,
      ]);
    for (const patience of [0, 20, 60, 120, 200]) {
      const running = process();
      await until(() => running.output().includes('begins'));
      await clock.sleep(patience);
      running.child.kill('SIGKILL');
      await running.finished;
      assert.deepEqual(await rowsOf(database), before);
    }
    // What the projectors do every half minute.
    await until(async () => {
      await database.asOwner(async (tx) => await sql`select end_abandoned_moves()`.execute(tx));
      return (await leftovers(database)) === 0;
    });
    await insert(database, acme, 9_000_000);
    const last = process();
    await last.finished;
    assert.match(last.output(), /isolated/);
    assert.equal(await leftovers(database), 0);
    assert.equal((await rowsOf(database)).get(acme), before.get(acme)! + 1);
    assert.ok((await tablesOf(database, acme)).every(({ isMoved }) => isMoved));
  },
);

test(
  `with ${ROWS} rows of others beside it, nobody else’s reads or writes wait for the move`,
  minutes,
  async (t) => {
    const database = await freshDatabase(t);
    await crowd(database, ROWS);
    const before = await rowsOf(database);
    const over = new AbortController();
    const isOver = () => over.signal.aborted;
    const times: Record<'read' | 'written', number[]> = { read: [], written: [] };
    const timed = async (kind: 'read' | 'written', work: () => Promise<unknown>) => {
      const began = performance.now();
      await work();
      times[kind].push(performance.now() - began);
    };
    let added = 0;
    const others = [
      (async () => {
        while (!isOver()) await timed('read', async () => readOne(database, umbra, added % ROWS));
      })(),
      (async () => {
        for (; !isOver(); added++)
          await timed('written', async () => insert(database, umbra, ROWS + added));
      })(),
    ];
    await clock.sleep(500);
    const quiet = { read: times.read.splice(0), written: times.written.splice(0) };
    const began = performance.now();
    const { rows } = await isolateTenant({ database, clock, ids }, acme);
    const took = performance.now() - began;
    over.abort();
    await Promise.all(others);
    const worst = (kind: 'read' | 'written', from = times) => Math.max(...from[kind]).toFixed(1);
    t.diagnostic(
      `${rows} rows moved in ${took.toFixed(0)} ms; others’ longest read ${worst('read')} ms of ${times.read.length} (before: ${worst('read', quiet)}), longest write ${worst('written')} ms of ${times.written.length} (before: ${worst('written', quiet)})`,
    );
    const after = await rowsOf(database);
    assert.equal(after.get(acme), before.get(acme));
    assert.equal(after.get(umbra), before.get(umbra)! + added);
  },
);

/** Snapshots of many: `rows` of one tenant, a tenth of that of the one that will move. */
async function crowd(database: Pick<Database, 'asOwner'>, rows: number): Promise<void> {
  await database.asOwner(async (tx) => {
    for (const [tenant, count] of [
      [umbra, rows],
      [acme, Math.floor(rows / 10)],
    ] as const)
      await sql`
        insert into snapshots (tenant_id, stream, state_version, revision, sealed)
        select ${tenant}, ${tenant} || '/document/' || n, 1, n, repeat('x', 200)::bytea
          from generate_series(0, ${count}::int - 1) n`.execute(tx);
  });
  await database.asOwner(async (tx) => await sql`analyze snapshots`.execute(tx));
}

const insert = async (database: Database, tenant: TenantId, revision: number) =>
  await database.inProjector(async (tx) => {
    await sql`insert into snapshots (tenant_id, stream, state_version, revision, sealed)
              values (${tenant}, ${tenant} || '/document/' || ${revision}::bigint, 1, ${revision}, 'x')`.execute(
      tx,
    );
  });

const readOne = async (database: Database, tenant: TenantId, revision: number) =>
  await runAsTenant(tenant, async () =>
    database.inTenant(async (tx) => {
      const { rows } = await sql`select sealed from snapshots where tenant_id = ${tenant}
        and stream = ${tenant} || '/document/' || ${revision}::bigint
        and state_version = 1 and revision = ${revision}`.execute(tx);
      assert.equal(rows.length, 1);
    }),
  );

async function rowsOf({ inProjector }: Pick<Database, 'inProjector'>) {
  return await inProjector(async (tx) => {
    const { rows } = await sql<{ tenant_id: string; rows: number }>`
      select tenant_id, count(distinct (stream, revision))::int as rows
        from snapshots group by 1 order by 1`.execute(tx);
    return new Map(rows.map(({ tenant_id, rows: count }) => [tenant_id, count]));
  });
}

const leftovers = async ({ asOwner }: Pick<Database, 'asOwner'>) =>
  await asOwner(async (tx) => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int from pg_trigger where tgname = 'refuse_while_moving'`.execute(tx);
    return rows[0]?.count;
  });
