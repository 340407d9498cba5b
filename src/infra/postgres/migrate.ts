import { readFile, readdir } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Database } from './database.ts';

const migrations = new URL('../../../migrations/', import.meta.url);

/** Applies what is new of `migrations/`, in order, each in one transaction. Answers their names. */
export async function migrate(database: Database): Promise<string[]> {
  const files = (await readdir(migrations)).filter((name) => name.endsWith('.sql')).toSorted();
  return await database.asOwner(async (tx) => {
    // Two processes that start at once must not both create the tables.
    await sql`select pg_advisory_xact_lock(hashtext('palimpsest.migrate'))`.execute(tx);
    await sql`create table if not exists migrations (
      name text primary key, applied_at timestamptz not null default now())`.execute(tx);
    await sql`comment on table migrations is 'platform: which migrations were applied'`.execute(tx);
    const { rows } = await sql<{ name: string }>`select name from migrations`.execute(tx);
    const applied = new Set(rows.map(({ name }) => name));
    const missing = files.filter((name) => !applied.has(name));
    for (const name of missing) {
      await sql.raw(await readFile(new URL(name, migrations), 'utf8')).execute(tx);
      await sql`insert into migrations (name) values (${name})`.execute(tx);
    }
    return missing;
  });
}
