import { Kysely, PostgresDialect, type RawBuilder, type Transaction, sql } from 'kysely';
import type pg from 'pg';
import type { Generation } from '#projections/ports.ts';

export type ProjectorTransactions = <T>(
  schema: string,
  work: (tx: Transaction<unknown>) => Promise<T>,
) => Promise<T>;

/**
 * Transactions that may write every tenant's rows and find the tables of one schema by their plain
 * names. They do not wait for the disk: rows and checkpoint are lost together in a crash of the
 * server, and come back from the log. They end when this process hangs in the middle of one, so
 * that the rows it holds do not stop the process that took its lease.
 */
export function projectorTransactions(pool: pg.Pool): ProjectorTransactions {
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  return (schema, work) =>
    kysely.transaction().execute(async (tx) => {
      await sql`select set_config('role', 'palimpsest_projector', true),
                       set_config('app.tenant_id', '', true),
                       set_config('search_path', ${`${schema}, public`}, true),
                       set_config('synchronous_commit', 'off', true),
                       set_config('idle_in_transaction_session_timeout', '30s', true)`.execute(tx);
      return await work(tx);
    });
}

/** The generation's part of a WHERE. */
export const isOf = ({
  projection,
  version,
  generation,
}: Omit<Generation, 'schema' | 'partitions'>): RawBuilder<boolean> =>
  sql`projection = ${projection} and version = ${version} and generation = ${generation}`;
