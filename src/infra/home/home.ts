import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedPostgres, hasData, joinPostgres } from '#infra/embedded/embedded-postgres.ts';
import type { FileLock } from '#infra/embedded/file-lock.ts';
import { makeHome } from '#infra/embedded/place.ts';
import { checkRoles, checkTables } from '#infra/postgres/check-roles.ts';
import { type Connections, type Database, postgresDatabase } from '#infra/postgres/database.ts';
import { migrate } from '#infra/postgres/migrate.ts';
import { type KeyFiles, keyFiles } from './key-files.ts';
import { lockForServing, removeRunFile, runningServer, writeRunFile } from './run-file.ts';
import { masterKeyOf, operatorKeyOf } from './secrets.ts';

export type HomeSettings = {
  readonly home: string;
  /** Unset: the embedded Postgres of this home. */
  readonly databaseUrl?: string | undefined;
  readonly databaseOwnerUrl?: string | undefined;
  readonly databaseDirectUrl?: string | undefined;
  /** Unset: those in `keys/`, made on the first start. */
  readonly masterKey?: Uint8Array | undefined;
  readonly operatorKey?: string | undefined;
};

/** An installation that is open: its database migrated, its keys read. */
export type Home = {
  readonly directory: string;
  readonly database: Database;
  readonly connections: Connections;
  readonly masterKey: Uint8Array;
  readonly operatorKey: string;
  readonly keys: KeyFiles;
  /** The migrations that this opening applied. */
  readonly migrated: readonly string[];
  /** What whoever starts a server should know, a sentence each. */
  readonly notices: readonly string[];
  /** Where a server of this home answers, when one runs. */
  readonly serverUrl: string | undefined;
  /** False once an embedded Postgres has ended under us. */
  postgresIsRunning(): boolean;
  /** Tells other commands of this home where the server answers. */
  publish(url: string): Promise<void>;
  /** Closes the connections and leaves Postgres, which the last to leave stops. */
  close(): Promise<void>;
};

/**
 * Opens the home to serve it (one process at a time) or for a command beside that. Throws errors
 * whose message is meant for whoever started us: `AlreadyRunning`, a lost key, a role that may too
 * much.
 */
export async function openHome(
  settings: HomeSettings,
  purpose: 'serve' | 'command',
): Promise<Home> {
  const directory = await makeHome(settings.home);
  const serving = purpose === 'serve' ? await lockForServing(directory) : undefined;
  const opened: Opened = { serving };
  try {
    return await open(directory, settings, opened);
  } catch (error) {
    await close(directory, opened);
    throw error;
  }
}

/** What has been opened so far, to be closed also when the rest fails. */
type Opened = {
  readonly serving: FileLock | undefined;
  postgres?: EmbeddedPostgres;
  database?: Database;
};

async function open(directory: string, settings: HomeSettings, opened: Opened): Promise<Home> {
  const keys = await keyFiles(directory);
  const running = opened.serving === undefined ? await runningServer(directory) : undefined;
  const own = ownDatabase(settings) ?? (running?.embedded === false ? running.postgres : undefined);
  const notices = own === undefined ? [] : await checkRoles(own);
  const masterKey = await masterKeyOf(settings.masterKey, keys, async () =>
    own === undefined ? await hasData(directory) : await isMigrated(own),
  );
  const operatorKey = await operatorKeyOf(settings.operatorKey, keys);

  const connections = own ?? (await embedded(directory, keys, opened));
  const database = postgresDatabase(connections);
  opened.database = database;
  // A command beside a server must not change the tables under it.
  const migrated = running === undefined ? await migrate(database) : [];
  if (own !== undefined) await checkTables(own);

  const { postgres } = opened;
  return {
    directory,
    database,
    connections,
    masterKey,
    operatorKey,
    keys,
    migrated,
    notices: [...notices, ...whereTheDataIs(postgres)],
    serverUrl: running?.url,
    postgresIsRunning: () => postgres?.isRunning() ?? true,
    publish: async (url) => {
      const startedAt = new Date().toISOString();
      const run = { pid: process.pid, url, startedAt, embedded: own === undefined };
      await writeRunFile(directory, { ...run, postgres: connections });
    },
    close: async () => close(directory, opened),
  };
}

const CLOSE_MS = 1_000;

async function close(directory: string, opened: Opened): Promise<void> {
  // A query that hangs would hold its connection, and Postgres is to be stopped all the same.
  await Promise.race([opened.database?.close(), sleep(CLOSE_MS)]);
  if (opened.serving !== undefined) await removeRunFile(directory);
  await opened.postgres?.leave();
  // Last, so that the next server finds everything let go of.
  opened.serving?.release();
}

async function embedded(directory: string, keys: KeyFiles, opened: Opened): Promise<Connections> {
  if ((await keys.read('postgres')) === undefined && (await hasData(directory))) {
    throw new Error(
      `${keys.path('postgres')} is gone, and with it the password of the database in ` +
        `${directory}. Restore the file from a backup.`,
    );
  }
  const secret = await keys.readOrCreate('postgres', () => randomBytes(32).toString('hex'));
  opened.postgres = await joinPostgres(directory, { secret });
  return { url: opened.postgres.url, ownerUrl: opened.postgres.ownerUrl };
}

function ownDatabase(settings: HomeSettings): Connections | undefined {
  if (settings.databaseUrl === undefined) return undefined;
  return {
    url: settings.databaseUrl,
    ownerUrl: settings.databaseOwnerUrl,
    directUrl: settings.databaseDirectUrl,
  };
}

async function isMigrated(connections: Connections): Promise<boolean> {
  const database = postgresDatabase({ ...connections, poolSize: 1 });
  try {
    const { rows } = await database.pool.query<{ there: boolean }>(
      `select to_regclass('public.migrations') is not null as there`,
    );
    return rows[0]?.there === true;
  } finally {
    await database.close();
  }
}

const whereTheDataIs = (postgres: EmbeddedPostgres | undefined): string[] =>
  postgres?.place.elsewhere === true
    ? [`The data is in ${postgres.place.state}: Postgres's user cannot reach this home.`]
    : [];
