import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { joinPostgres } from './palimpsest.ts';

export type BenchPostgres = {
  readonly version: string;
  readonly settings: string;
  /** A new database for Palimpsest, with the logins that its server has. */
  ours(name: string): Promise<{ readonly url: string; readonly ownerUrl: string }>;
  /** A new database for another system, with every right it could ask for. */
  theirs(name: string): Promise<string>;
  stop(): Promise<void>;
};

/** One Postgres for all of them, with the settings that Palimpsest ships and more connections: what is written is on disk. */
export async function startPostgres(): Promise<BenchPostgres> {
  const home = await mkdtemp(join(tmpdir(), 'palimpsest-bench-'));
  const postgres = await joinPostgres(home, {
    secret: home,
    settings: { max_connections: '250' },
  });
  const client = new pg.Client({ connectionString: postgres.superuserUrl });
  await client.connect();
  const { rows } = await client.query(
    `select current_setting('server_version') as version, current_setting('fsync') as fsync,
            current_setting('synchronous_commit') as synchronous_commit,
            current_setting('shared_buffers') as shared_buffers`,
  );
  const { version, ...settings } = rows[0];
  return {
    version,
    settings: Object.entries(settings)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
    ours: async (name) => {
      const { username } = new URL(postgres.ownerUrl);
      await client.query(`create database ${name} owner ${username}`);
      return { url: inDatabase(postgres.url, name), ownerUrl: inDatabase(postgres.ownerUrl, name) };
    },
    theirs: async (name) => {
      await client.query(`create database ${name}`);
      return inDatabase(postgres.superuserUrl, name);
    },
    stop: async () => {
      await client.end();
      await postgres.leave();
      await rm(postgres.place.state, { recursive: true, force: true });
      await rm(home, { recursive: true, force: true });
    },
  };
}

function inDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = name;
  return other.href;
}
