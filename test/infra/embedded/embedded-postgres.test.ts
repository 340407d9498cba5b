import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from 'pg';
import { postgresAccount, spawnedAs } from '#infra/embedded/account.ts';
import { type EmbeddedPostgres, joinPostgres } from '#infra/embedded/embedded-postgres.ts';
import { emptyHome, isAlive, lastFirst, startScript, until } from '#test/support/process.ts';

const secret = 'a secret of this test';
// Made and thrown away: what is tested is not whether the disk keeps its word.
const settings = { fsync: 'off' };
const joinHere = async (home: string) => await joinPostgres(home, { secret, settings });

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

/** Joins, and leaves at the end of the test at the latest. */
async function using(t: TestContext, home: string): Promise<EmbeddedPostgres> {
  const postgres = await joinHere(home);
  let left: Promise<boolean> | undefined;
  const leave = () => (left ??= postgres.leave());
  lastFirst(t, leave);
  return { ...postgres, leave };
}

async function startUser(t: TestContext, home: string) {
  const user = startScript(t, 'test/support/use-postgres.ts', [home, secret]);
  await until(() => user.output().includes('using '));
  return { ...user, postgres: Number(user.output().split(' ')[1]) };
}

test('what was written is there after a stop and a start', async (t) => {
  const home = await emptyHome(t);
  const first = await using(t, home);
  await query(first.ownerUrl, 'create table kept as select 42 as answer');
  assert.equal(await first.leave(), true);
  assert.equal(first.isRunning(), false);
  const second = await using(t, home);
  assert.deepEqual(await query(second.ownerUrl, 'select answer from kept'), [42]);
});

test('it listens on a private socket only, and its logins are no superusers', async (t) => {
  const postgres = await using(t, await emptyHome(t));
  const [addresses, encoding, checksums, fsync] = await query(
    postgres.superuserUrl,
    `select current_setting('listen_addresses'), pg_encoding_to_char(encoding),
            current_setting('data_checksums'), current_setting('full_page_writes')
     from pg_database where datname = 'palimpsest'`,
  );
  assert.deepEqual([addresses, encoding, checksums, fsync], ['', 'UTF8', 'on', 'on']);
  assert.equal((await stat(postgres.socketDirectory)).mode & 0o777, 0o700);
  for (const url of [postgres.url, postgres.ownerUrl]) {
    const rights =
      'select rolsuper, rolbypassrls, rolcreaterole from pg_roles where rolname = user';
    assert.deepEqual(await query(url, rights), [false, false, false]);
    const wrong = new URL(url);
    wrong.password = 'guessed';
    await assert.rejects(query(wrong.href, 'select 1'), /password authentication failed/);
  }
  const inherits = `select pg_has_role(user, 'palimpsest_app', 'usage'), pg_has_role(user, 'palimpsest_app', 'member')`;
  assert.deepEqual(await query(postgres.url, inherits), [false, true]);
});

test('two processes use one server; the last to leave stops it', async (t) => {
  const home = await emptyHome(t);
  const [other, mine] = await Promise.all([startUser(t, home), using(t, home)]);
  assert.equal(other.postgres, mine.pid);
  await mine.leave();
  assert.equal(isAlive(other.postgres), true);
  other.child.kill('SIGTERM');
  assert.equal((await other.finished).code, 0, other.output());
  assert.equal(mine.isRunning(), false);
});

test('after a kill -9 of its only user, the next joins the server that was left', async (t) => {
  const home = await emptyHome(t);
  const user = await startUser(t, home);
  user.child.kill('SIGKILL');
  await user.finished;
  const next = await using(t, home);
  assert.equal(next.pid, user.postgres);
  await next.leave();
  assert.equal(next.isRunning(), false);
});

test('after a kill -9 of Postgres itself, the next start recovers what was committed', async (t) => {
  const home = await emptyHome(t);
  const first = await using(t, home);
  await query(first.ownerUrl, 'create table kept as select 42 as answer');
  process.kill(first.pid, 'SIGKILL');
  await until(() => !first.isRunning());
  await first.leave();
  const second = await using(t, home);
  assert.notEqual(second.pid, first.pid);
  assert.deepEqual(await query(second.ownerUrl, 'select answer from kept'), [42]);
});

test('stale lock files whose number belongs to another process are no obstacle', async (t) => {
  const home = await emptyHome(t);
  const first = await using(t, home);
  const files = [
    join(first.place.data, 'postmaster.pid'),
    join(first.socketDirectory, '.s.PGSQL.5432.lock'),
  ];
  const locks = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  await first.leave();
  // Of the same account: Postgres does not care about processes of others.
  const other = spawn('sleep', ['60'], spawnedAs(postgresAccount()));
  t.after(() => other.kill('SIGKILL'));
  for (const [index, file] of files.entries()) {
    const lines = locks[index]?.split('\n').slice(1) ?? [];
    await writeFile(file, [other.pid, ...lines].join('\n'));
  }
  const second = await using(t, home);
  assert.equal(second.isRunning(), true);
});

test('a data directory that was killed half-made is made again', async (t) => {
  const home = await emptyHome(t);
  await mkdir(join(home, 'postgres', 'data.part', 'base'), { recursive: true });
  await writeFile(join(home, 'postgres', 'data.part', 'PG_VERSION'), '18\n');
  const postgres = await using(t, home);
  assert.deepEqual(await query(postgres.url, 'select 1'), [1]);
});

test('under a path too long for a socket, the socket is in a private directory elsewhere', async (t) => {
  const folder = await emptyHome(t);
  await chmod(folder, 0o755);
  const home = join(folder, 'a'.repeat(60), 'b'.repeat(60));
  const postgres = await using(t, home);
  assert.ok(!postgres.socketDirectory.startsWith(home));
  assert.equal((await stat(postgres.socketDirectory)).mode & 0o777, 0o700);
  assert.deepEqual(await query(postgres.url, 'select 1'), [1]);
});
