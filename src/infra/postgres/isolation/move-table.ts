import { type RawBuilder, type Transaction, sql } from 'kysely';
import type { Clock, Ids } from '#commands/ports.ts';
import type { TenantId } from '#domain/ids.ts';
import type { Database } from '#infra/postgres/database.ts';
import type { TenantTable } from './tenant-tables.ts';

/**
 * A lock that everybody queues behind is waited for so long, and asked for again after a while: what
 * others wait is this, and what the statement takes once it has the lock, a few milliseconds.
 */
const LOCK_TIMEOUT = sql.raw(`'40ms'`);
const MOST_TRIES = 600;
const PAUSE_MS = 50;

export type MovePorts = {
  readonly database: Pick<Database, 'asOwner'>;
  readonly clock: Clock;
  readonly ids: Ids;
};

/** Moves one tenant's rows of one table into a partition of their own. Answers how many. */
export async function moveTable(
  ports: MovePorts,
  table: TenantTable,
  tenant: TenantId,
): Promise<number> {
  const names = namesOf(table);
  // Most of the rows, while they may still change.
  await ports.database.asOwner((tx) => copyRows(tx, table, names, tenant));
  await patiently(ports, (tx) => holdWriters(tx, names, tenant));
  try {
    return await ports.database.asOwner(async (tx) => {
      await catchUp(tx, table, names, tenant);
      const { numAffectedRows = 0n } =
        await sql`delete from ${names.crowd} where tenant_id = ${tenant}`.execute(tx);
      // Scans the rows of everybody, under a lock that neither reads nor writes mind.
      await sql`alter table ${names.crowd} validate constraint moved_away`.execute(tx);
      await attach(ports, tx, names, tenant);
      return Number(numAffectedRows);
    });
  } catch (error) {
    await patiently(ports, (tx) => releaseWriters(tx, names));
    throw error;
  }
}

type Names = {
  readonly whole: RawBuilder<unknown>;
  readonly crowd: RawBuilder<unknown>;
  readonly own: RawBuilder<unknown>;
};

const namesOf = ({ schema, table, defaultPartition, partition }: TenantTable): Names => ({
  whole: sql.id(schema, table),
  crowd: sql.id(schema, defaultPartition),
  own: sql.id(schema, partition),
});

const listOf = (columns: readonly string[], prefix?: string) =>
  sql.join(columns.map((column) => (prefix ? sql.id(prefix, column) : sql.id(column))));

async function copyRows(
  tx: Transaction<unknown>,
  { columns }: TenantTable,
  { whole, crowd, own }: Names,
  tenant: TenantId,
): Promise<void> {
  // What an earlier attempt has left is not attached, so nobody has read it.
  await sql`drop table if exists ${own}`.execute(tx);
  await sql`create table ${own} (like ${whole} including all)`.execute(tx);
  await sql`alter table ${own} add constraint of_one_tenant check (tenant_id = ${sql.lit(tenant)})`.execute(
    tx,
  );
  await sql`insert into ${own} (${listOf(columns)})
            select ${listOf(columns)} from ${crowd} where tenant_id = ${tenant}`.execute(tx);
}

/** From now on this tenant's rows in the crowd can only be read, or deleted. */
async function holdWriters(
  tx: Transaction<unknown>,
  { crowd }: Names,
  tenant: TenantId,
): Promise<void> {
  await releaseWriters(tx, { crowd });
  await sql`create trigger refuse_while_moving before insert or update on ${crowd}
            for each row when (new.tenant_id = ${sql.lit(tenant)})
            execute function refuse_while_moving()`.execute(tx);
  await sql`alter table ${crowd} add constraint moved_away
            check (tenant_id <> ${sql.lit(tenant)}) not valid`.execute(tx);
}

async function releaseWriters(
  tx: Transaction<unknown>,
  { crowd }: Pick<Names, 'crowd'>,
): Promise<void> {
  await sql`drop trigger if exists refuse_while_moving on ${crowd}`.execute(tx);
  await sql`alter table ${crowd} drop constraint if exists moved_away`.execute(tx);
}

/** What has changed since the rows were copied. */
async function catchUp(
  tx: Transaction<unknown>,
  { columns, key }: TenantTable,
  { crowd, own }: Names,
  tenant: TenantId,
): Promise<void> {
  const sameKey = sql.join(
    key.map((column) => sql`${sql.id('one', column)} = ${sql.id('other', column)}`),
    sql` and `,
  );
  await sql`
    delete from ${own} one where not exists (
      select from ${crowd} other
       where other.tenant_id = ${tenant} and ${sameKey}
         and row(${listOf(columns, 'one')}) is not distinct from row(${listOf(columns, 'other')}))`.execute(
    tx,
  );
  await sql`
    insert into ${own} (${listOf(columns)})
    select ${listOf(columns, 'one')} from ${crowd} one
     where one.tenant_id = ${tenant} and not exists (
       select from ${own} other where ${sameKey})`.execute(tx);
}

/**
 * The only moment at which readers of others could wait. The constraint says that no row of the
 * crowd belongs here, so that Postgres does not look for itself.
 */
async function attach(
  { clock, ids }: MovePorts,
  tx: Transaction<unknown>,
  { whole, crowd, own }: Names,
  tenant: TenantId,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    await sql`savepoint before_attaching`.execute(tx);
    try {
      await sql`set local lock_timeout = ${LOCK_TIMEOUT}`.execute(tx);
      await sql`alter table ${whole} attach partition ${own} for values in (${sql.lit(tenant)})`.execute(
        tx,
      );
      await releaseWriters(tx, { crowd });
      await sql`alter table ${own} drop constraint of_one_tenant`.execute(tx);
      return;
    } catch (error) {
      if (!isLockTimeout(error) || tries === MOST_TRIES) throw error;
      await sql`rollback to savepoint before_attaching`.execute(tx);
      await clock.sleep(PAUSE_MS * (0.5 + ids.random()));
    }
  }
}

/** Runs a transaction that needs such a lock, again and again until it gets it. */
async function patiently(
  { database, clock, ids }: MovePorts,
  work: (tx: Transaction<unknown>) => Promise<void>,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await database.asOwner(async (tx) => {
        await sql`set local lock_timeout = ${LOCK_TIMEOUT}`.execute(tx);
        await work(tx);
      });
      return;
    } catch (error) {
      if (!isLockTimeout(error) || tries === MOST_TRIES) throw error;
      await clock.sleep(PAUSE_MS * (0.5 + ids.random()));
    }
  }
}

const isLockTimeout = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === '55P03';
