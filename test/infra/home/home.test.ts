import assert from 'node:assert/strict';
import { chmod, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Home, openHome } from '#infra/home/home.ts';
import { emptyHome, lastFirst } from '#test/support/process.ts';

async function opened(t: TestContext, home: string, more = {}): Promise<Home> {
  const open = await openHome({ home, ...more }, 'serve');
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= open.close());
  lastFirst(t, close);
  return { ...open, close };
}

test('the first opening makes the keys, for their owner alone, and the next finds them', async (t) => {
  const home = await emptyHome(t);
  const first = await opened(t, home);
  assert.equal(first.masterKey.length, 32);
  assert.match(first.operatorKey, /^plm_platform_[0-9a-f]{16}_[0-9a-f]{64}$/);
  const names = (await readdir(first.keys.directory)).toSorted();
  assert.deepEqual(names, ['master', 'operator', 'postgres']);
  for (const name of names) {
    assert.equal((await stat(first.keys.path(name))).mode & 0o777, 0o600, name);
  }
  assert.equal((await stat(first.keys.directory)).mode & 0o777, 0o700);
  await first.close();

  await chmod(first.keys.path('master'), 0o644);
  const second = await opened(t, home);
  assert.deepEqual(second.masterKey, first.masterKey);
  assert.equal(second.operatorKey, first.operatorKey);
  assert.deepEqual(second.migrated, [], 'the database was kept');
  assert.equal((await stat(second.keys.path('master'))).mode & 0o777, 0o600, 'closed again');
});

test('keys from the environment are used and not written down', async (t) => {
  const home = await emptyHome(t);
  const masterKey = Buffer.alloc(32, 7);
  const operatorKey = 'an operator key that somebody chose';
  const open = await opened(t, home, { masterKey, operatorKey });
  assert.deepEqual(open.masterKey, masterKey);
  assert.equal(open.operatorKey, operatorKey);
  assert.deepEqual(await readdir(open.keys.directory), ['postgres']);
});

for (const [name, lost] of [
  ['master', /The master key is missing \(.*keys\/master\).*PALIMPSEST_MASTER_KEY/],
  ['postgres', /keys\/postgres is gone.*backup/],
] as const) {
  test(`a lost key (${name}) with data behind it is refused, never made anew`, async (t) => {
    const home = await emptyHome(t);
    const first = await opened(t, home);
    const key = await readFile(first.keys.path(name), 'utf8');
    await first.close();
    await rm(first.keys.path(name));
    await assert.rejects(openHome({ home }, 'serve'), lost);
    assert.equal(await first.keys.read(name), undefined);
    await writeFile(first.keys.path(name), key);
    await opened(t, home);
  });
}

test('a second server on the same home is refused, and a command is not', async (t) => {
  const home = await emptyHome(t);
  const server = await opened(t, home);
  await assert.rejects(openHome({ home }, 'serve'), /Another Palimpsest is just starting on/);
  await server.publish('http://127.0.0.1:7410');
  assert.equal((await stat(join(home, 'run.json'))).mode & 0o777, 0o600);
  await assert.rejects(
    openHome({ home }, 'serve'),
    new RegExp(`already runs at http://127.0.0.1:7410 \\(process ${process.pid}\\)`),
  );
  const command = await openHome({ home }, 'command');
  assert.equal(command.serverUrl, 'http://127.0.0.1:7410');
  assert.equal(command.connections.url, server.connections.url);
  await command.close();
  assert.equal(server.postgresIsRunning(), true);
});

test('what a killed server left in run.json is not taken for a running one', async (t) => {
  const home = await emptyHome(t);
  const run = { pid: 1, url: 'http://127.0.0.1:1', embedded: true, postgres: { url: 'x' } };
  await writeFile(join(home, 'run.json'), JSON.stringify(run));
  const command = await openHome({ home }, 'command');
  lastFirst(t, async () => await command.close());
  assert.equal(command.serverUrl, undefined);
});
