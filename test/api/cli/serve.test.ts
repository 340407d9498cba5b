import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, chown, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RunFile } from '#infra/home/run-file.ts';
import { emptyHome, isAlive, palimpsest, startServer, until } from '#test/support/process.ts';

const runFile = async (home: string) =>
  JSON.parse(await readFile(join(home, 'run.json'), 'utf8')) as RunFile;

const isReady = async (url: string) => (await fetch(`${url}/readyz`)).status === 200;

test('a server starts from nothing, prints what works when pasted, and stops on SIGTERM', async (t) => {
  const home = await emptyHome(t);
  const server = await startServer(t, home);
  await until(async () => await isReady(server.url));
  assert.equal((await runFile(home)).pid, server.pid);

  const lines = server
    .output()
    .split('\n')
    .filter((line) => line.startsWith('  curl '));
  assert.equal(lines.length, 3);
  for (const line of lines) {
    const run = spawnSync('sh', ['-c', `${line} -f -o /dev/null -w '%{http_code}'`], {
      encoding: 'utf8',
      cwd: '/',
    });
    if (run.status === 127) t.diagnostic('curl is not installed');
    else assert.match(run.stdout, /^20[01]$/, `${line}\n${run.stderr}`);
  }
  assert.doesNotMatch(server.output(), /plm_/, 'no key is printed');

  server.child.kill('SIGTERM');
  const { code, output } = await server.finished;
  assert.equal(code, 0, output);
  assert.equal(existsSync(join(home, 'run.json')), false);
  assert.equal(existsSync(join(home, 'postgres/data/postmaster.pid')), false, 'Postgres stopped');
});

test('beside a running server a second is refused, and a command joins its Postgres', async (t) => {
  const home = await emptyHome(t);
  const server = await startServer(t, home);
  const second = await palimpsest(t, home, ['serve']).finished;
  assert.equal(second.code, 1);
  assert.ok(second.output.includes(`already runs at ${server.url} (process ${server.pid})`));
  const command = await palimpsest(t, home, ['migrate', '--json']).finished;
  assert.deepEqual([command.code, command.output], [0, '{"applied":[]}\n']);
  assert.ok(await isReady(server.url), 'the command left Postgres running');
});

test('after a kill -9 the next server starts, with everything that was there', async (t) => {
  const home = await emptyHome(t);
  const first = await startServer(t, home);
  const key = (await readFile(join(home, 'keys/demo'), 'utf8')).trim();
  const documents = async (url: string) => {
    const answer = await fetch(`${url}/v1/documents`, {
      headers: { authorization: `Bearer ${key}` },
    });
    assert.equal(answer.status, 200);
    return ((await answer.json()) as { items: { id: string }[] }).items.map(({ id }) => id);
  };
  await until(async () => (await documents(first.url)).length > 0);
  const before = await documents(first.url);
  first.child.kill('SIGKILL');
  await first.finished;
  const second = await startServer(t, home);
  await until(async () => await isReady(second.url));
  assert.deepEqual(await documents(second.url), before);
});

test('a server whose Postgres has died ends and says so', async (t) => {
  const home = await emptyHome(t);
  const server = await startServer(t, home);
  const pid = Number(
    (await readFile(join(home, 'postgres/data/postmaster.pid'), 'utf8')).split('\n')[0],
  );
  process.kill(pid, 'SIGKILL');
  const { code, output } = await server.finished;
  assert.equal(code, 1);
  assert.match(output, /Stopping: Postgres has ended/);
  assert.equal(isAlive(pid), false);
});

test('a variable that is wrong is named, without its value, and nothing is made', async (t) => {
  const home = join(await emptyHome(t), 'new');
  const env = { DATABASE_URL: 'mysql://root:hunter2@localhost/x', PORT: '99999' };
  const { code, output } = await palimpsest(t, home, ['serve'], { env }).finished;
  assert.equal(code, 1);
  assert.match(output, /DATABASE_URL is not valid. Accepted: postgres:/);
  assert.match(output, /PORT is not valid/);
  assert.doesNotMatch(output, /hunter2/);
  assert.equal(existsSync(home), false);
});

const nobody = 65_534;
const canBeNobody =
  process.getuid?.() === 0 &&
  spawnSync(process.execPath, ['-e', 'import("pg")'], { uid: nobody, gid: nobody }).status === 0;

test(
  'an ordinary user runs all of it, with everything below the home',
  { skip: !canBeNobody && 'needs root, to become an ordinary user who can read this folder' },
  async (t) => {
    const home = await emptyHome(t);
    await chown(home, nobody, nobody);
    await chmod(home, 0o700);
    const server = await startServer(t, home, { uid: nobody, gid: nobody });
    await until(async () => await isReady(server.url));
    assert.ok(existsSync(join(home, 'postgres/data/PG_VERSION')));
    server.child.kill('SIGTERM');
    assert.equal((await server.finished).code, 0);
  },
);
