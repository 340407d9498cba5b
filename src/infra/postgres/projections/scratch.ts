import { type Transaction, sql } from 'kysely';
import type { Database } from '#infra/postgres/database.ts';
import type { Batch, Generation } from '#projections/ports.ts';
import type { Projection } from '#projections/projection.ts';
import { attempt } from './attempt.ts';
import { isOf } from './transaction.ts';

/** What readers see of one projection at one moment, and how far each of its partitions was then. */
export type Served = {
  readonly generation: Generation;
  readonly positions: readonly { readonly partition: number; readonly position: bigint }[];
};

/** A row that only one of the two has, named by its key: the rest is content. */
export type RowDifference = {
  readonly table: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly which: 'only in the view' | 'only in its rebuild';
};

export type Scratch = {
  readonly served: Served;
  /** Streams that wait as dead letters in what readers see. */
  readonly parked: ReadonlySet<string>;
  /** Where a second build is made, with the rights of a projector. */
  readonly batch: Pick<Batch, 'tables' | 'attempt'>;
  /** The first difference in each table, both ways. */
  differences(): Promise<RowDifference[]>;
};

class RolledBack extends Error {}

/**
 * Makes empty tables beside those that readers see, for a second build, in one transaction that
 * sees the served rows as they were at one moment and is rolled back: nobody sees the scratch, and
 * nothing is left of it even when this process is killed. Undefined: the view was never built.
 */
export async function withScratch(
  database: Pick<Database, 'asOwner'>,
  projection: Projection,
  work: (scratch: Scratch) => Promise<void>,
): Promise<boolean> {
  let wasServed = false;
  try {
    await database.asOwner(async (tx) => {
      await sql`set transaction isolation level repeatable read`.execute(tx);
      await sql`set local role palimpsest_projector`.execute(tx);
      const served = await servedOf(tx, projection);
      if (served !== undefined) {
        wasServed = true;
        await work(await scratchOf(tx, projection, served));
      }
      throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
  }
  return wasServed;
}

async function servedOf(
  tx: Transaction<unknown>,
  { name, version }: Projection,
): Promise<Served | undefined> {
  const { rows } = await sql<{
    generation: number;
    schema: string;
    partitions: number;
    partition: number;
    position: string;
  }>`
    select generation, schema_name as schema, g.partitions, c.partition, c.position
      from projection_registry r
      join projection_generations g using (projection, version, generation, schema_name)
      join projection_checkpoints c using (projection, version, generation)
     where projection = ${name} and version = ${version} order by c.partition`.execute(tx);
  const [first] = rows;
  if (first === undefined) return undefined;
  const { generation, schema, partitions } = first;
  return {
    generation: { projection: name, version, generation, schema, partitions },
    positions: rows.map(({ partition, position }) => ({ partition, position: BigInt(position) })),
  };
}

async function scratchOf(
  tx: Transaction<unknown>,
  projection: Projection,
  served: Served,
): Promise<Scratch> {
  const { generation } = served;
  const schema = `verify_${generation.schema}`.slice(0, 63);
  await sql`reset role`.execute(tx);
  await sql`create schema ${sql.id(schema)}`.execute(tx);
  await sql`grant usage on schema ${sql.id(schema)} to palimpsest_projector`.execute(tx);
  for (const { name, columns, key } of projection.tables) {
    await sql`select create_tenant_table(${schema}, ${name}, ${columns}, ${key.join(', ')})`.execute(
      tx,
    );
    await sql`grant select, insert, update, delete on ${sql.id(schema, name)}
              to palimpsest_projector`.execute(tx);
  }
  await sql`set local role palimpsest_projector`.execute(tx);
  for (const { name } of projection.tables) {
    // Readers may be led to a newer build meanwhile: this one must not be dropped under us.
    await sql`lock table ${sql.id(generation.schema, name)} in access share mode`.execute(tx);
  }
  await sql`select set_config('search_path', ${`${schema}, public`}, true)`.execute(tx);

  return {
    served,
    parked: await parkedIn(tx, generation),
    batch: { tables: tx, attempt: (work) => attempt(tx, work) },
    differences: async () => {
      const found: RowDifference[] = [];
      for (const { name, key } of projection.tables) {
        const columns = ['tenant_id', ...key];
        const [view, rebuilt] = [sql.id(generation.schema, name), sql.id(schema, name)];
        for (const [which, one, other] of [
          ['only in the view', view, rebuilt],
          ['only in its rebuild', rebuilt, view],
        ] as const) {
          const { rows } = await sql<{ row: Record<string, unknown> }>`
            select to_jsonb(t) as row from ${one} t
            except all select to_jsonb(t) from ${other} t limit 1`.execute(tx);
          for (const { row } of rows) {
            const keyOf = Object.fromEntries(columns.map((column) => [column, row[column]]));
            found.push({ table: name, key: keyOf, which });
          }
        }
      }
      return found;
    },
  };
}

async function parkedIn(tx: Transaction<unknown>, generation: Generation): Promise<Set<string>> {
  const { rows } = await sql<{ stream: string }>`
    select stream from projection_dead_letters where ${isOf(generation)}`.execute(tx);
  return new Set(rows.map(({ stream }) => stream));
}
