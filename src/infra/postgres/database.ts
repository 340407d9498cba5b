import { Kysely, PostgresDialect, type Transaction, sql } from 'kysely';
import { Pool } from 'pg';
import { currentTenant } from '#infra/tenancy/tenant-context.ts';

export type Connections = {
  /** Login that may take the roles `palimpsest_app` and `palimpsest_projector`. */
  readonly url: string;
  /** Owns the tables: migrations, rebuilds, isolation. Default: `url`. */
  readonly ownerUrl?: string | undefined;
  /** Sessions (LISTEN), when `url` goes through a transaction pooler. Default: `url`. */
  readonly directUrl?: string | undefined;
  readonly poolSize?: number | undefined;
};

type Work<Tables, T> = (tx: Transaction<Tables>) => Promise<T>;

/** Every way to reach Postgres, each in a transaction that holds no more rights than it needs. */
export type Database = {
  /** Rows of the running request's tenant only, as role `palimpsest_app`. */
  inTenant<T, Tables = unknown>(work: Work<Tables, T>): Promise<T>;
  /** Rows of every tenant, as role `palimpsest_projector`. */
  inProjector<T, Tables = unknown>(work: Work<Tables, T>): Promise<T>;
  /** DDL, as the owner of the tables. */
  asOwner<T, Tables = unknown>(work: Work<Tables, T>): Promise<T>;
  /** For adapters that speak to `pg` itself. No role is set. */
  readonly pool: Pool;
  /** The log's alone: a command must not wait until views and their readers give a connection back. */
  readonly logPool: Pool;
  /** For LISTEN; one connection a subscriber. */
  readonly directUrl: string;
  close(): Promise<void>;
};

export function postgresDatabase(connections: Connections): Database {
  const pool = poolOf(connections.url, connections.poolSize ?? 16);
  const logPool = poolOf(connections.url, connections.poolSize ?? 8);
  const ownerPool = poolOf(connections.ownerUrl ?? connections.url, 4);
  const app = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  const owner = new Kysely<unknown>({ dialect: new PostgresDialect({ pool: ownerPool }) });

  const as =
    (role: string, tenant: () => string) =>
    async <T, Tables>(work: Work<Tables, T>): Promise<T> =>
      (app as Kysely<Tables>).transaction().execute(async (tx) => {
        await sql`select set_config('role', ${role}, true),
                         set_config('app.tenant_id', ${tenant()}, true)`.execute(tx);
        return await work(tx);
      });

  return {
    inTenant: as('palimpsest_app', currentTenant),
    inProjector: as('palimpsest_projector', () => ''),
    asOwner: async <T, Tables>(work: Work<Tables, T>) =>
      (owner as Kysely<Tables>).transaction().execute(work),
    pool,
    logPool,
    directUrl: connections.directUrl ?? connections.url,
    close: async () => {
      await Promise.all([app.destroy(), owner.destroy()]);
      // Kysely ends only a pool that it has used; the other kind would keep the process alive.
      await Promise.all(
        [pool, logPool, ownerPool].filter(({ ended }) => !ended).map((its) => its.end()),
      );
    },
  };
}

/** Connections that break quietly, and that are refused within seconds when Postgres is away. */
function poolOf(connectionString: string, max: number): Pool {
  const pool = new Pool({
    connectionString,
    max,
    connectionTimeoutMillis: 2_000,
    keepAlive: true,
  });
  // A connection that breaks fails its query, or is replaced at the next use when it was idle;
  // unheard, these two events would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}
