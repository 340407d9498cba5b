import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyHome, palimpsest, startServer } from '#test/support/process.ts';

test('an operator isolates a tenant beside the running server', { timeout: 60_000 }, async (t) => {
  const home = await emptyHome(t);
  const server = await startServer(t, home);
  const isolate = async (...args: string[]) =>
    await palimpsest(t, home, ['tenants', 'isolate', ...args]).finished;
  const done = await isolate('demo');
  assert.equal(done.code, 0, done.output);
  assert.match(
    done.output,
    /demo has partitions of its own now: \d+ rows of \d+ tables were moved/,
  );
  const again = await isolate('demo', '--json');
  assert.match(again.output, /"moved":\[\]/);
  assert.match((await isolate('nobody')).output, /There is no tenant nobody/);
  assert.match((await isolate('platform')).output, /platform is no tenant/);
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200);
  server.child.kill('SIGTERM');
  await server.finished;
  const whole = await palimpsest(t, home, ['log', 'verify']).finished;
  assert.equal(whole.code, 0, whole.output);
});
