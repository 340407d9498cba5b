import { createHmac } from 'node:crypto';
import { Client } from 'pg';
import { SUPERUSER } from './data-directory.ts';
import { PORT, type Postmaster } from './postmaster.ts';

const DATABASE = 'palimpsest';
const OWNER = 'palimpsest_owner';
const LOGIN = 'palimpsest';

/** How to log in to an embedded Postgres: URLs with passwords in them, never to be shown. */
export type Logins = {
  /** For the bootstrap and for tests; the server itself never uses it. */
  readonly superuserUrl: string;
  readonly ownerUrl: string;
  readonly url: string;
};

/** Every login has its own password, so that a URL which leaks opens no other door. */
export const passwordOf = (secret: string, login: string): string =>
  createHmac('sha256', secret).update(login).digest('base64url');

export function loginsOf(secret: string, { socketDirectory }: Postmaster): Logins {
  const urlOf = (login: string, database: string) => {
    // Host, port and TLS are named because the environment (PGPORT, PGSSLMODE) fills what is not.
    const url = new URL(`postgres://localhost:${PORT}/${database}`);
    url.username = login;
    url.password = passwordOf(secret, login);
    url.searchParams.set('host', socketDirectory);
    url.searchParams.set('sslmode', 'disable');
    return url.href;
  };
  return {
    superuserUrl: urlOf(SUPERUSER, 'postgres'),
    ownerUrl: urlOf(OWNER, DATABASE),
    url: urlOf(LOGIN, DATABASE),
  };
}

/**
 * Makes what is missing of: the database, its owner, the login, the two roles it may take.
 * `deploy/roles.sql` is the same for a Postgres of one's own, and explains each right.
 */
export async function ensureLogins(logins: Logins, secret: string): Promise<void> {
  const client = new Client({ connectionString: logins.superuserUrl });
  await client.connect();
  try {
    for (const [login, attributes] of [
      ['palimpsest_app', 'nologin'],
      ['palimpsest_projector', 'nologin'],
      [OWNER, 'login'],
      // Without its roles' rights until it takes one: a query that forgot to is refused.
      [LOGIN, 'login noinherit'],
    ] as const) {
      const { rowCount } = await client.query('select from pg_roles where rolname = $1', [login]);
      if (rowCount !== 0) continue;
      const password = client.escapeLiteral(passwordOf(secret, login));
      await client.query(
        `create role ${login} ${attributes}${attributes === 'nologin' ? '' : ` password ${password}`}`,
      );
    }
    await client.query(`grant palimpsest_app, palimpsest_projector to ${LOGIN}, ${OWNER}`);
    await client.query(`grant set on parameter app.tenant_id to ${OWNER}`);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [
      DATABASE,
    ]);
    if (rowCount === 0) {
      await client.query(`create database ${DATABASE} owner ${OWNER}`);
      await client.query(`revoke connect, temporary on database ${DATABASE} from public`);
      await client.query(`grant connect on database ${DATABASE} to ${LOGIN}`);
    }
  } finally {
    await client.end();
  }
}

/** True when the server answers to our password within `waitMs`. */
export async function answers(logins: Logins, waitMs: number): Promise<boolean> {
  const client = new Client({
    connectionString: logins.superuserUrl,
    connectionTimeoutMillis: waitMs,
    query_timeout: waitMs,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
