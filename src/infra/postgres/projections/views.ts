import { Kysely, PostgresDialect, type Transaction, sql } from 'kysely';
import type { Database } from '#infra/postgres/database.ts';
import { currentTenant } from '#infra/tenancy/tenant-context.ts';
import type { Projection } from '#projections/projection.ts';

type Read = <T, Tables = unknown>(work: (tables: Transaction<Tables>) => Promise<T>) => Promise<T>;

/** The read models, as one tenant may read them. */
export type Views = {
  /**
   * Every table of every projection is found by its plain name, in the generation that is being
   * read at this moment; tables of several projections can be joined. Read only.
   */
  readonly read: Read;
  /** The same, over every tenant: for the operator only. */
  readonly readEveryTenant: Read;
};

export function postgresViews(
  database: Pick<Database, 'pool'>,
  projections: readonly Projection[],
): Views {
  assertTablesAreUnique(projections);
  const kysely = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: database.pool }) });
  const names = projections.map(({ name }) => name);
  const versions = projections.map(({ version }) => version);

  const as =
    (role: string, tenant: () => string) =>
    async <T, Tables>(work: (tables: Transaction<Tables>) => Promise<T>): Promise<T> =>
      (kysely as unknown as Kysely<Tables>)
        .transaction()
        .setAccessMode('read only')
        .execute(async (tx) => {
          // The registry is read inside the reader's transaction: a swap needs no lock, and what
          // was resolved here stays until long after.
          await sql`
            select set_config('role', ${role}, true),
                   set_config('app.tenant_id', ${tenant()}, true),
                   set_config('search_path', (
                     select concat_ws(', ', string_agg(quote_ident(schema_name), ', '), 'public')
                       from projection_registry
                      where (projection, version) in (
                        select * from unnest(${names}::text[], ${versions}::int[]))), true)`.execute(
            tx,
          );
          return await work(tx);
        });

  return {
    read: as('palimpsest_app', currentTenant),
    readEveryTenant: as('palimpsest_projector', () => ''),
  };
}

/** Readers find tables by name alone. */
function assertTablesAreUnique(projections: readonly Projection[]): void {
  const seen = new Set<string>();
  for (const { name, tables } of projections) {
    for (const table of tables) {
      if (seen.has(table.name)) throw new Error(`${name} has a second table named ${table.name}.`);
      seen.add(table.name);
    }
  }
}
