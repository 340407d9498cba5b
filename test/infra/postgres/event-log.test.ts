import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { type EventLog, LogTampered, LogUnavailable } from '#commands/ports.ts';
import { TenantId } from '#domain/ids.ts';
import type { Database } from '#infra/postgres/database.ts';
import { postgresDatabase } from '#infra/postgres/database.ts';
import { type PostgresEventLogOptions, postgresEventLog } from '#infra/postgres/event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { eventLogContract } from '#test/contracts/event-log.contract.ts';
import { freshDatabase } from '#test/support/database.ts';
import { holdCounter } from '#test/support/hold-counter.ts';
import { type ManualClock, manualClock } from '#test/support/manual-clock.ts';
import { postgresProxy } from '#test/support/postgres-proxy.ts';
import { acme, newStream, sealing } from '#test/support/stored-event.ts';

eventLogContract('postgres', async (t) => {
  const database = await freshDatabase(t);
  const reopen = async () => await openLog(t, { database });
  return { log: await reopen(), reopen };
});

test('nobody changes or deletes an event, not even the owner', async (t) => {
  const { database, log } = await freshLog(t);
  await appendOne(log);
  for (const statement of [
    'update events set revision = 7',
    'delete from events',
    'truncate events',
    'update events set revision = 7 where false',
  ])
    await assert.rejects(
      database.asOwner(async (tx) => await sql.raw(statement).execute(tx)),
      /never changed or deleted/,
    );
  for (const statement of [
    'delete from log_head',
    'truncate log_head',
    'insert into log_head values (true)',
  ])
    await assert.rejects(
      database.asOwner(async (tx) => await sql.raw(statement).execute(tx)),
      /one row for ever/,
    );
});

test('application and projectors only read the table, and append through the function', async (t) => {
  const { database, log } = await freshLog(t);
  await appendOne(log);
  const refusals = [
    'insert into events select * from events',
    'delete from events',
    'truncate events',
    'update events set revision = 7',
    'update log_head set position = 0',
  ];
  for (const statement of refusals) {
    const denied = /permission denied/;
    await assert.rejects(
      runAsTenant(
        acme,
        async () => await database.inTenant(async (tx) => await sql.raw(statement).execute(tx)),
      ),
      denied,
    );
    await assert.rejects(
      database.inProjector(async (tx) => await sql.raw(statement).execute(tx)),
      denied,
    );
    await assert.rejects(database.pool.query(statement), denied);
  }
});

test('a tenant sees its own events, and without a tenant there are none', async (t) => {
  const { database, log } = await freshLog(t);
  const other = TenantId.parse('acme-2');
  for (const stream of [newStream(), newStream(), newStream(other)])
    await log.append(stream, 'none', sealing(stream, {}));
  const visible = async (tx: Parameters<Parameters<Database['inTenant']>[0]>[0]) =>
    (
      await sql<{ tenant_id: string }>`select tenant_id from events order by 1`.execute(tx)
    ).rows.map((row) => row.tenant_id);
  const asTenant = async (tenant: TenantId) =>
    await runAsTenant(tenant, async () => await database.inTenant(visible));
  assert.deepEqual(await asTenant(acme), ['acme', 'acme']);
  assert.deepEqual(await asTenant(other), ['acme-2']);
  assert.deepEqual(await asTenant('' as TenantId), []);
  assert.deepEqual(await database.inProjector(visible), ['acme', 'acme', 'acme-2']);
  // What the log's own functions set is gone with them.
  await database.pool.query('begin');
  const { rows } = await database.pool.query('select current_user, session_user');
  assert.equal(rows[0].current_user, rows[0].session_user);
  await database.pool.query('rollback');
});

test('positions are gap-free from 1, whatever was refused in between', async (t) => {
  const { log } = await freshLog(t);
  await Promise.allSettled(
    Array.from({ length: 200 }, async (_, index) => {
      const stream = newStream();
      await log.append(stream, index % 3 === 0 ? 5 : 'none', sealing(stream, {}, {}));
    }),
  );
  const events = await log.readAll({ after: 0n, limit: 1_000 });
  assert.deepEqual(
    events.map(({ position }) => position),
    Array.from({ length: 266 }, (_, index) => BigInt(index + 1)),
  );
  assert.equal(await log.head(), 266n);
});

test('a page of large events ends early, and the next one goes on', async (t) => {
  const { log } = await freshLog(t);
  const stream = newStream();
  for (let revision = 0; revision < 12; revision++)
    await log.append(stream, 'any', sealing(stream, { body: new Uint8Array(900_000) }));
  const sizes: number[] = [];
  for (let after = 0n; ;) {
    const page = await log.readAll({ after, limit: 100 });
    const last = page.at(-1);
    if (last === undefined) break;
    sizes.push(page.length);
    after = last.position;
  }
  assert.deepEqual(sizes, [5, 5, 2]);
});

test('the events of a small tenant are found without reading everybody else’s', async (t) => {
  const { database, log } = await freshLog(t);
  const [stream, small] = [newStream(), newStream(TenantId.parse('small'))];
  await log.append(small, 'none', sealing(small, {}));
  for (let count = 0; count < 10; count++) {
    const drafts = Array.from({ length: 500 }, () => ({}));
    await log.append(stream, 'any', sealing(stream, ...drafts));
  }
  await database.asOwner(async (tx) => await sql`analyze events`.execute(tx));
  const client = await database.pool.connect();
  await client.query('begin');
  const { rows } = await client.query(
    "select * from read_log('small', null, 0, 1e9::bigint, 9, 9)",
  );
  const fetched = await client.query<{ blocks: string }>(
    "select pg_stat_get_xact_blocks_fetched('events'::regclass) as blocks",
  );
  await client.query('rollback');
  client.release();
  assert.equal(rows.length, 1);
  assert.ok(Number(fetched.rows[0]!.blocks) < 50, `${fetched.rows[0]!.blocks} blocks`);
});

test('a follower notices that events were taken out of the log', async (t) => {
  const { database, log } = await freshLog(t);
  for (let count = 0; count < 5; count++) await appendOne(log);
  await database.asOwner(async (tx) => {
    await sql`alter table events disable trigger never_changed`.execute(tx);
    await sql`create policy thief on events for delete to current_user using (true)`.execute(tx);
    await sql`delete from events where position = 3`.execute(tx);
  });
  const elsewhere = await openLog(t, { database });
  await assert.rejects(async () => {
    const { signal } = new AbortController();
    for await (const batch of elsewhere.follow({ after: 0n, signal }))
      assert.fail(`${batch.length} events`);
  }, LogTampered);
});

test('when too many appends wait, the next one is refused at once', async (t) => {
  const { database, log } = await freshLog(t, { maxWaiting: 10 });
  const release = await holdCounter(t, database);
  const waiting = Array.from({ length: 10 }, async () => await appendOne(log));
  await assert.rejects(appendOne(log), LogUnavailable);
  await release();
  await Promise.all(waiting);
  await appendOne(log);
});

test('an append that is not answered in time is refused, and a later one succeeds', async (t) => {
  const clock = manualClock();
  const { database, log } = await freshLog(t, { clock, deadlineMs: 5_000 });
  const release = await holdCounter(t, database);
  const refused = assert.rejects(appendOne(log), LogUnavailable);
  const behind = assert.rejects(appendOne(log), LogUnavailable);
  await passing(clock, database, Promise.all([refused, behind]));
  await release();
  await appendOne(log);
});

test('without Postgres an append is refused at once, and all comes back with it', async (t) => {
  const direct = await freshDatabase(t);
  const proxy = await postgresProxy(t, direct.url);
  const database = postgresDatabase({ url: proxy.url });
  t.after(async () => await database.close());
  const log = await openLog(t, { database });
  const stop = new AbortController();
  const seen: bigint[] = [];
  const following = (async () => {
    for await (const batch of log.follow({ after: 0n, signal: stop.signal })) {
      seen.push(...batch.map(({ position }) => position));
      if (seen.at(-1) === 3n) stop.abort();
    }
  })();
  await appendOne(log);
  await proxy.down();
  await assert.rejects(appendOne(log), LogUnavailable);
  await assert.rejects(log.readStream(newStream()), LogUnavailable);
  await assert.rejects(log.readAll({ after: 0n, limit: 1 }), LogUnavailable);
  await assert.rejects(log.head(), LogUnavailable);
  await proxy.up();
  await appendOne(log);
  await appendOne(log);
  await following;
  assert.deepEqual(seen, [1n, 2n, 3n]);
});

test('where notifications do not arrive the follower polls and says so', async (t) => {
  const direct = await freshDatabase(t);
  const proxy = await postgresProxy(t, direct.url);
  proxy.faults.withoutNotifications = true;
  const clock = manualClock();
  const reports: string[] = [];
  const writer = await openLog(t, { database: direct });
  const log = await openLog(t, {
    database: { logPool: direct.logPool, directUrl: proxy.url },
    clock,
    report: (message) => reports.push(message),
  });
  const stop = new AbortController();
  const following = (async () => {
    for await (const batch of log.follow({ after: 0n, signal: stop.signal })) {
      if (batch.at(-1)!.position === 3n) stop.abort();
      else await appendOne(writer);
    }
  })();
  await appendOne(writer);
  await passing(clock, direct, following);
  assert.match(reports.join('\n'), /followers poll/);
});

test('an oddly configured isolation level is refused rather than believed', async (t) => {
  const { database } = await freshLog(t);
  await database.asOwner(async (tx) => {
    const name = await sql<{ name: string }>`select current_database() as name`.execute(tx);
    await sql
      .raw(
        `alter database ${name.rows[0]!.name} set default_transaction_isolation = 'repeatable read'`,
      )
      .execute(tx);
  });
  const log = await openLog(t, { database });
  await assert.rejects(appendOne(log), /read committed/);
});

async function freshLog(t: TestContext, options: Partial<PostgresEventLogOptions> = {}) {
  const database = await freshDatabase(t);
  return { database, log: await openLog(t, { database, ...options }) };
}

async function openLog(
  t: TestContext,
  options: Partial<PostgresEventLogOptions> & Pick<PostgresEventLogOptions, 'database'>,
) {
  const log = await postgresEventLog({ clock: systemClock, ids: systemIds, ...options });
  t.after(async () => await log.close());
  return log;
}

async function appendOne(log: EventLog) {
  const stream = newStream();
  return await log.append(stream, 'none', sealing(stream, {}));
}

/** Lets time pass until `work` is done, no faster than Postgres answers a question. */
async function passing(
  clock: ManualClock,
  { pool }: Pick<Database, 'pool'>,
  work: Promise<unknown>,
) {
  const done = new AbortController();
  const over = () => done.abort();
  work.then(over, over);
  for (let steps = 0; !done.signal.aborted && steps < 5_000; steps++) {
    await clock.advance(50);
    await pool.query('select');
  }
  await work;
}
