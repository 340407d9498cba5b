import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { checkRoles, checkTables } from '#infra/postgres/check-roles.ts';
import { freshDatabase } from '#test/support/database.ts';

const server = process.env['TEST_DATABASE_URL'] ?? '';

async function asSuperuser(url: string, ...statements: readonly string[]) {
  const client = new Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

/** URLs of a test database: for its superuser, and for a login made with these attributes. */
async function databaseWith(t: TestContext, attributes: string) {
  const { url } = await freshDatabase(t);
  const here = new URL(server);
  here.pathname = new URL(url).pathname;
  const name = `test_login_${randomBytes(4).toString('hex')}`;
  await asSuperuser(server, `create role ${name} login password 'test' ${attributes}`);
  t.after(async () => await asSuperuser(server, `drop role ${name}`));
  const login = new URL(url);
  login.username = name;
  return { url, superuser: here.href, login: login.href, name };
}

const ownerOf = (url: string) => {
  const owner = new URL(url);
  owner.username = 'palimpsest_test_owner';
  return owner.href;
};

test('logins as deploy/roles.sql makes them pass', async (t) => {
  const { url } = await freshDatabase(t);
  const connections = { url, ownerUrl: ownerOf(url) };
  assert.deepEqual(await checkRoles(connections), []);
  await checkTables(connections);
});

test('a login that owns the tables is told to take another', async (t) => {
  const { url } = await freshDatabase(t);
  const [advice] = await checkRoles({ url: ownerOf(url) });
  assert.match(advice ?? '', /palimpsest_test_owner owns the tables.*DATABASE_OWNER_URL/);
});

test('a login that policies do not bind is refused, with the SQL that mends it', async (t) => {
  const { url, login, name } = await databaseWith(t, 'bypassrls');
  await assert.rejects(checkRoles({ url: login, ownerUrl: ownerOf(url) }), (error: Error) => {
    assert.ok(error.message.includes(`alter role "${name}" nosuperuser nobypassrls;`));
    return true;
  });
  await assert.rejects(checkRoles({ url: server }), /would see every tenant's rows/);
});

test('a login that may not take the roles, and an owner that may not create, are told', async (t) => {
  const { login, name } = await databaseWith(t, '');
  await assert.rejects(checkRoles({ url: login }), (error: Error) => {
    for (const role of ['palimpsest_app', 'palimpsest_projector']) {
      assert.ok(error.message.includes(`grant ${role} to "${name}";`), error.message);
    }
    assert.match(error.message, /may not create tables: alter database "test_\w+" owner to/);
    assert.match(error.message, /grant set on parameter app.tenant_id to/);
    return true;
  });
});

for (const [damage, complaint] of [
  ['grant update on events to palimpsest_app', /revoke update on events from palimpsest_app;/],
  ['grant delete on events to palimpsest_projector', /may delete events/],
  ['alter table events disable row level security', /events shows every tenant's rows/],
  ['alter table events no force row level security', /force row level security;/],
] as const) {
  test(`after "${damage}" no server starts`, async (t) => {
    const { url, superuser } = await databaseWith(t, '');
    await asSuperuser(superuser, damage);
    await assert.rejects(checkTables({ url }), complaint);
  });
}

test('a database that cannot be reached is an error that shows no password', async () => {
  const url = 'postgres://somebody:hunter2@127.0.0.1:1/x';
  await assert.rejects(checkRoles({ url }), (error: Error) => {
    assert.match(error.message, /DATABASE_URL cannot be reached: .*ECONNREFUSED/);
    assert.ok(!error.message.includes('hunter2'));
    return true;
  });
});
