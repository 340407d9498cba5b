import { Client, escapeIdentifier } from 'pg';
import type { Connections } from './database.ts';

// A database of one's own is checked at the start: a role that may too much would turn every other
// defence into a courtesy, and one that may too little fails at the first write.

const OLDEST = 150_000;
const ROLES = ['palimpsest_app', 'palimpsest_projector'] as const;

/** Every problem in one error, each with the SQL that mends it. */
export class UnfitDatabase extends Error {
  constructor(problems: readonly string[]) {
    const list = problems.map((problem) => `- ${problem}`).join('\n');
    super(
      `The database at DATABASE_URL is not ready (deploy/roles.sql makes one that is):\n${list}`,
    );
    this.name = 'UnfitDatabase';
  }
}

/** Before the migrations: version, logins, roles. Answers advice; throws `UnfitDatabase`. */
export async function checkRoles(connections: Connections): Promise<string[]> {
  const login = await ask(connections.url, 'DATABASE_URL', checkLogin);
  const owner = await ask(connections.ownerUrl ?? connections.url, 'its owner', checkOwner);
  const problems = [...login.problems, ...owner];
  if (problems.length > 0) throw new UnfitDatabase(problems);
  if (connections.ownerUrl !== undefined && login.name !== (await ownerName(connections)))
    return [];
  return [
    `${login.name} owns the tables it works with. Give DATABASE_OWNER_URL a login of its own, ` +
      `so that a mistake in the server cannot change them.`,
  ];
}

/** After the migrations: rights on what is there. Throws `UnfitDatabase`. */
export async function checkTables(connections: Connections): Promise<void> {
  const problems = await ask(connections.url, 'DATABASE_URL', async (client) => [
    ...(await writableEvents(client)),
    ...(await unprotectedTables(client)),
  ]);
  if (problems.length > 0) throw new UnfitDatabase(problems);
}

async function checkLogin(client: Client): Promise<{ name: string; problems: string[] }> {
  const { rows } = await client.query<{ name: string; version: number; shown: string }>(
    `select session_user as name, current_setting('server_version_num')::int as version,
            current_setting('server_version') as shown`,
  );
  const { name, version, shown } = rows[0]!;
  if (version < OLDEST) {
    return { name, problems: [`It is Postgres ${shown}; 15 or later is needed.`] };
  }
  const problems = await tooPowerful(client, [name, ...ROLES]);
  for (const role of ROLES) {
    const may = await mayTake(client, role);
    const login = escapeIdentifier(name);
    if (may === undefined) {
      problems.push(
        `The role ${role} does not exist: create role ${role} nologin; grant ${role} to ${login};`,
      );
    } else if (!may) {
      problems.push(`${name} may not take the role ${role}: grant ${role} to ${login};`);
    }
  }
  return { name, problems };
}

async function tooPowerful(client: Client, names: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    'select rolname as name from pg_roles where rolname = any ($1) and (rolsuper or rolbypassrls)',
    [names],
  );
  return rows.map(
    ({ name }) =>
      `${name} would see every tenant's rows, whatever the policies say: ` +
      `alter role ${escapeIdentifier(name)} nosuperuser nobypassrls;`,
  );
}

async function checkOwner(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; database: string; makes: boolean }>(
    `select session_user as name, current_database() as database,
            has_database_privilege(current_database(), 'CREATE')
              and has_schema_privilege('public', 'CREATE') as makes`,
  );
  const { name, database, makes } = rows[0]!;
  const owner = escapeIdentifier(name);
  const problems: string[] = [];
  if (!makes) {
    problems.push(
      `${name} may not create tables: alter database ${escapeIdentifier(database)} owner to ${owner};`,
    );
  }
  for (const role of ROLES) {
    if ((await mayTake(client, role)) === false) {
      problems.push(
        `${name} may not make functions that run as ${role}: grant ${role} to ${owner};`,
      );
    }
  }
  const { rows: rights } = await client.query<{ sets: boolean }>(
    `select has_parameter_privilege('app.tenant_id', 'SET') as sets`,
  );
  if (rights[0]?.sets !== true) {
    problems.push(
      `${name} may not make functions that set the tenant: ` +
        `grant set on parameter app.tenant_id to ${owner};`,
    );
  }
  return problems;
}

/** Undefined when there is no such role. */
async function mayTake(client: Client, role: string): Promise<boolean | undefined> {
  const { rows } = await client.query<{ is: boolean }>(
    `select pg_has_role(session_user, oid, 'MEMBER') as is from pg_roles where rolname = $1`,
    [role],
  );
  return rows[0]?.is;
}

async function writableEvents(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ role: string; right: string }>(
    `select role, "right" from unnest($1::text[]) role,
            unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) "right"
     where has_table_privilege(role, 'public.events', "right")`,
    [ROLES],
  );
  return rows.map(
    ({ role, right }) =>
      `${role} may ${right.toLowerCase()} events: revoke ${right.toLowerCase()} on events from ${role};`,
  );
}

/** Tables of tenants on which no policy, or one that its owner escapes, is in force. */
async function unprotectedTables(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c
     join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
     where c.relkind in ('r', 'p') and not c.relispartition
       and not (c.relrowsecurity and c.relforcerowsecurity)
       and has_table_privilege('palimpsest_app', c.oid, 'SELECT')
     order by 1`,
  );
  return rows.map(
    ({ name }) =>
      `${name} shows every tenant's rows to each: ` +
      `alter table ${name} enable row level security, force row level security;`,
  );
}

async function ownerName(connections: Connections): Promise<string> {
  return await ask(connections.ownerUrl ?? connections.url, 'its owner', async (client) => {
    const { rows } = await client.query<{ name: string }>('select session_user as name');
    return rows[0]!.name;
  });
}

async function ask<T>(
  connectionString: string,
  who: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ connectionString, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    // The message of the driver names host and user, never the password.
    const reason = error instanceof Error ? error.message || String(error.cause) : String(error);
    throw new UnfitDatabase([`${who} cannot be reached: ${reason}`]);
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
