import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { Client } from 'pg';
import { type Database, postgresDatabase } from '#infra/postgres/database.ts';
import { migrate } from '#infra/postgres/migrate.ts';

/**
 * An empty, migrated database of its own, dropped when the test ends. It is used through the same
 * kinds of login as a real one: under the superuser a missing right would not be noticed.
 */
export async function freshDatabase(
  t: TestContext,
): Promise<Database & { readonly url: string; readonly ownerUrl: string }> {
  const server = process.env['TEST_DATABASE_URL'];
  if (server === undefined) throw new Error('Run the tests with `npm test`: it starts Postgres.');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, LOGINS, `create database ${name} owner ${OWNER}`);
  const url = databaseUrl(server, name, LOGIN);
  const ownerUrl = databaseUrl(server, name, OWNER);
  const database = postgresDatabase({ url, ownerUrl });
  t.after(async () => {
    await database.close();
    await onServer(server, `drop database ${name} with (force)`);
  });
  await migrate(database);
  return { ...database, url, ownerUrl };
}

const OWNER = 'palimpsest_test_owner';
const LOGIN = 'palimpsest_test';

/** As `src/infra/embedded/logins.ts` makes them. Test files run side by side: only one is first. */
const LOGINS = `
  do $$ begin
    perform pg_advisory_xact_lock(hashtext('palimpsest.test.logins'));
    if exists (select from pg_roles where rolname = '${OWNER}') then return; end if;
    if not exists (select from pg_roles where rolname = 'palimpsest_app') then
      create role palimpsest_app nologin;
      create role palimpsest_projector nologin;
    end if;
    create role ${LOGIN} login noinherit password 'test';
    create role ${OWNER} login password 'test';
    grant palimpsest_app, palimpsest_projector to ${LOGIN}, ${OWNER};
    grant set on parameter app.tenant_id to ${OWNER};
  end $$`;

function databaseUrl(server: string, name: string, login: string): string {
  const url = new URL(server);
  url.pathname = name;
  url.username = login;
  url.password = 'test';
  return url.href;
}

async function onServer(connectionString: string, ...statements: readonly string[]) {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
