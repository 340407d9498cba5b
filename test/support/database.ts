import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { type Database, postgresDatabase } from '#infra/postgres/database.ts';
import { migrate } from '#infra/postgres/migrate.ts';

/** An empty, migrated database of its own, dropped when the test ends. */
export async function freshDatabase(t: TestContext): Promise<Database & { readonly url: string }> {
  const server = process.env['TEST_DATABASE_URL'];
  if (server === undefined) throw new Error('Run the tests with `npm test`: it starts Postgres.');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, `create database ${name}`);
  const url = databaseUrl(server, name);
  const database = postgresDatabase({ url });
  t.after(async () => {
    await database.close();
    await onServer(server, `drop database ${name} with (force)`);
  });
  await migrate(database);
  return { ...database, url };
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = name;
  return url.href;
}

async function onServer(connectionString: string, sql: string) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
