import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { emptyHome, palimpsest, startServer } from '#test/support/process.ts';

async function run(t: TestContext, home: string, ...args: string[]) {
  const running = palimpsest(t, home, [...args, '--json']);
  let stdout = '';
  running.child.stdout?.on('data', (text: string) => (stdout += text));
  const { code, output } = await running.finished;
  return { code, output, value: stdout === '' ? undefined : (JSON.parse(stdout) as unknown) };
}

async function value<T>(t: TestContext, home: string, ...args: string[]): Promise<T> {
  const { code, output, value } = await run(t, home, ...args);
  assert.equal(code, 0, output);
  return value as T;
}

type Key = { readonly id: string; readonly key: string };
type Listed = {
  readonly id: string;
  readonly name: string | null;
  readonly revokedAt: string | null;
};
type Standing = { readonly name: string; readonly generation: number; readonly status: string };

const asksWith = async (url: string, { key }: Key): Promise<number> =>
  (await fetch(new URL('/v1/members', url), { headers: { authorization: `Bearer ${key}` } }))
    .status;

test('the operator works from the command line, with a server and without', async (t) => {
  const home = await emptyHome(t);
  // Nothing runs: the command brings the home up for its time.
  await value(
    t,
    home,
    'tenants',
    'create',
    'acme',
    '--name',
    'Acme',
    '--time-zone',
    'Europe/Vienna',
  );
  const again = await run(t, home, 'tenants', 'create', 'acme');
  assert.equal(again.code, 1);
  assert.match(again.output, /409 tenant\/already-exists/);

  const { url } = await startServer(t, home);
  const tenants = await value<readonly Listed[]>(t, home, 'tenants', 'list');
  assert.deepEqual(
    tenants.map(({ id, name }) => [id, name]),
    [
      ['acme', 'Acme'],
      ['demo', 'Demo'],
    ],
  );

  const key = await value<Key>(t, home, 'keys', 'issue', 'acme', '--name', 'build server');
  assert.match(key.key, /^plm_acme_[0-9a-f]{16}_/);
  assert.equal(await asksWith(url, key), 200);
  await value(t, home, 'keys', 'revoke', 'acme', key.id);
  assert.equal(await asksWith(url, key), 401);
  const keys = await value<readonly Listed[]>(t, home, 'keys', 'list', 'acme');
  const listed = keys.find(({ id }) => id === key.id);
  assert.equal(listed?.name, 'build server');
  assert.notEqual(listed?.revokedAt, null);
  assert.doesNotMatch(JSON.stringify(keys), new RegExp(key.key));

  const before = await value<readonly Standing[]>(t, home, 'projections', 'list');
  const served = before.find(({ name }) => name === 'members');
  const rebuilt = await value<Standing>(t, home, 'projections', 'rebuild', 'members');
  assert.equal(rebuilt.status, 'serving');
  assert.ok(rebuilt.generation > (served?.generation ?? 0));
  assert.deepEqual(await value(t, home, 'projections', 'dead-letters', 'members'), []);
  const unknown = await run(t, home, 'projections', 'rebuild', 'nothing');
  assert.equal(unknown.code, 1);
  assert.match(unknown.output, /404 projection\/not-found/);
});
