import { type Transaction, sql } from 'kysely';
import type { Database } from '#infra/postgres/database.ts';
import type { Clock, Generation, ProjectionStore } from '#projections/ports.ts';
import type { Projection, TableDefinition } from '#projections/projection.ts';
import { type ProjectorTransactions, isOf } from './transaction.ts';

type Generations = Pick<ProjectionStore, 'install' | 'begin' | 'swap' | 'cancel' | 'sweep'>;

/** Builds of read models: making their tables, letting readers see them, dropping them. */
export function generations(
  database: Pick<Database, 'asOwner'>,
  transaction: ProjectorTransactions,
  clock: Pick<Clock, 'now'>,
): Generations {
  return {
    install: (projections) =>
      database.asOwner(async (tx) => {
        await oneAtATime(tx);
        for (const projection of projections) {
          const { name, version } = projection;
          const { rows } = await sql`select from projection_registry
            where projection = ${name} and version = ${version}`.execute(tx);
          if (rows.length > 0) continue;
          const { schema, generation } = await create(tx, projection, clock.now());
          // Nobody reads this version yet, so it is registered at once; readiness waits for it.
          await sql`insert into projection_registry (projection, version, generation, schema_name)
                    values (${name}, ${version}, ${generation}, ${schema})`.execute(tx);
        }
      }),

    begin: (projection) =>
      database.asOwner(async (tx) => {
        await oneAtATime(tx);
        return (await building(tx, projection)) ?? (await create(tx, projection, clock.now()));
      }),

    swap: (next) =>
      transaction('public', async (tx) => {
        const { rows } = await sql<Generation>`
          select projection, version, generation, schema_name as schema from projection_registry
           where projection = ${next.projection} and version = ${next.version}
             for update`.execute(tx);
        const current = rows[0];
        if (current === undefined) return false;
        if (current.generation === next.generation) return true;
        if (!(await isNotBehind(tx, next, current))) return false;
        await sql`update projection_registry
                     set generation = ${next.generation}, schema_name = ${next.schema}
                   where projection = ${next.projection} and version = ${next.version}`.execute(tx);
        await retire(tx, current, clock.now());
        return true;
      }),

    cancel: (generation) =>
      transaction('public', async (tx) => {
        const { rows } = await sql`select from projection_registry
          where ${isOf(generation)} for update`.execute(tx);
        if (rows.length > 0) return false;
        await retire(tx, generation, clock.now());
        return true;
      }),

    sweep: async (graceMs) => {
      await database.asOwner(async (tx) => {
        await sql`set local lock_timeout = '50ms'`.execute(tx);
        await sql`select end_abandoned_moves()`.execute(tx);
      });
      const before = new Date(clock.now().getTime() - graceMs);
      const unused = await transaction('public', (tx) => unusedSince(tx, before, clock.now()));
      for (const generation of unused) {
        await database.asOwner(async (tx) => {
          // Readers would queue behind this lock, so it is not waited for; the next sweep tries again.
          await sql`set local lock_timeout = '200ms'`.execute(tx);
          await sql`drop schema if exists ${sql.id(generation.schema)} cascade`.execute(tx);
          await sql`delete from projection_registry where ${isOf(generation)}`.execute(tx);
          await sql`delete from projection_generations where ${isOf(generation)}`.execute(tx);
        });
      }
      return unused.map(({ schema }) => schema);
    },
  };
}

/** Two processes that start at once must not both make the tables. */
const oneAtATime = (tx: Transaction<unknown>) =>
  sql`select pg_advisory_xact_lock(hashtext('palimpsest.projections'))`.execute(tx);

/** The rebuild that is under way; beginning it again resumes it. */
async function building(
  tx: Transaction<unknown>,
  { name, version }: Projection,
): Promise<Generation | undefined> {
  const { rows } = await sql<Generation>`
    select projection, version, generation, schema_name as schema, partitions
      from projection_generations g
     where projection = ${name} and version = ${version} and retired_at is null
       and not exists (select from projection_registry r
                        where (r.projection, r.version, r.generation)
                            = (g.projection, g.version, g.generation))`.execute(tx);
  return rows[0];
}

async function create(
  tx: Transaction<unknown>,
  { name, version, partitions = 1, tables }: Projection,
  now: Date,
): Promise<Generation> {
  const { rows } = await sql<{ next: number }>`
    select coalesce(max(generation), 0) + 1 as next from projection_generations
     where projection = ${name}`.execute(tx);
  const generation = rows[0]?.next ?? 1;
  const schema = `${name.replaceAll('-', '_')}_v${version}_g${generation}`;
  await sql`create schema ${sql.id(schema)}`.execute(tx);
  await sql`grant usage on schema ${sql.id(schema)} to palimpsest_app, palimpsest_projector`.execute(
    tx,
  );
  for (const table of tables) await createTable(tx, schema, table);
  await sql`insert into projection_generations
              (projection, version, generation, schema_name, partitions, created_at)
            values (${name}, ${version}, ${generation}, ${schema}, ${partitions}, ${now})`.execute(
    tx,
  );
  await sql`insert into projection_checkpoints (projection, version, generation, partition, moved_at)
            select ${name}, ${version}, ${generation}, partition, ${now}
              from generate_series(0, ${partitions}::int - 1) partition`.execute(tx);
  return { projection: name, version, generation, schema, partitions };
}

async function createTable(tx: Transaction<unknown>, schema: string, table: TableDefinition) {
  const whole = sql`${sql.id(schema)}.${sql.id(table.name)}`;
  await sql`select create_tenant_table(${schema}, ${table.name}, ${table.columns},
                                       ${table.key.join(', ')})`.execute(tx);
  for (const index of table.indexes ?? []) {
    await sql`create index on ${whole} ${sql.raw(index)}`.execute(tx);
  }
  await sql`grant select on ${whole} to palimpsest_app`.execute(tx);
  await sql`grant select, insert, update, delete on ${whole} to palimpsest_projector`.execute(tx);
}

/** Holds every checkpoint of both still while it compares them, so that no reader goes back in time. */
async function isNotBehind(
  tx: Transaction<unknown>,
  next: Generation,
  current: Generation,
): Promise<boolean> {
  const { rows } = await sql<{ ready: boolean | null }>`
    with locked as (
      select generation, position, caught_up_at from projection_checkpoints
       where projection = ${next.projection} and version = ${next.version}
         and generation in (${next.generation}, ${current.generation})
       order by generation, partition for update)
    select bool_and(caught_up_at is not null) filter (where generation = ${next.generation})
       and min(position) filter (where generation = ${next.generation})
        >= max(position) filter (where generation = ${current.generation})
       and exists (select from projection_generations where ${isOf(next)} and retired_at is null)
        as ready from locked`.execute(tx);
  return rows[0]?.ready === true;
}

/** Takes a build from whoever runs it and leaves it to the sweep. */
async function retire(
  tx: Transaction<unknown>,
  generation: Pick<Generation, 'projection' | 'version' | 'generation'>,
  now: Date,
) {
  await sql`update projection_generations set retired_at = ${now} where ${isOf(generation)}`.execute(
    tx,
  );
  await sql`update projection_checkpoints set epoch = epoch + 1, lease_owner = null, lease_until = null
             where ${isOf(generation)}`.execute(tx);
}

/**
 * What was retired before then; and what belongs to a version older than one that is being read,
 * once no process has run it for as long: old processes serve theirs until they are gone.
 */
async function unusedSince(
  tx: Transaction<unknown>,
  before: Date,
  now: Date,
): Promise<Generation[]> {
  const { rows } = await sql<Generation>`
    select projection, version, generation, schema_name as schema, partitions
      from projection_generations g
     where retired_at < ${before}
        or (not exists (select from projection_checkpoints c
                         where (c.projection, c.version, c.generation)
                             = (g.projection, g.version, g.generation)
                           and (c.lease_until > ${now} or c.lease_until > ${before} or c.moved_at > ${before}))
            and exists (select from projection_registry r
                          join projection_checkpoints c using (projection, version, generation)
                         where r.projection = g.projection and r.version > g.version
                         group by r.version
                        having bool_and(c.caught_up_at < ${before})))`.execute(tx);
  return rows;
}
