import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyHome } from '#test/support/process.ts';
import { killNine } from './kill-nine/kill-nine.ts';

// The long form: npm run faults -- --kills 50
test('what was acknowledged is in the log exactly once after kill -9 of the server and of Postgres', async (t) => {
  const seed = 9;
  const home = await emptyHome(t);
  const { figures, wrong, verify, output } = await killNine(home, {
    kills: 3,
    seed,
    clients: 4,
    longestLife: 20,
    large: 0,
  });
  t.diagnostic(JSON.stringify({ seed, ...figures }));
  const errors = output.split('\n').filter((line) => line.startsWith('{"level":50'));
  assert.deepEqual(wrong.slice(0, 20), [], errors.join('\n'));
  assert.equal(verify.code, 0, verify.output);
  assert.ok((figures['acknowledged'] ?? 0) > 20);
});
