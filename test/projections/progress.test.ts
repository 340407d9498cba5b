import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryObjects } from 'node:v8';
import { pace } from '#projections/pace.ts';
import { localProgress } from '#projections/progress.ts';
import { reachedBy } from '#projections/reached.ts';
import { acme } from '#test/support/sealing.ts';
import { projectionWorld, sums } from '#test/support/projections.ts';

/** Time that passes at once. */
const hasty = {
  now: () => new Date(0),
  sleep: async () => await new Promise<void>((resolve) => setImmediate(resolve)),
};

/** What is left in memory of each of many times. */
async function leftOf(once: () => Promise<unknown>): Promise<number> {
  const TIMES = 500;
  await once();
  const before = queryObjects(Promise, { format: 'count' });
  for (let time = 0; time < TIMES; time += 1) await once();
  return Math.floor((queryObjects(Promise, { format: 'count' }) - before) / TIMES);
}

test('a lane that rests where nobody ever waits for it leaves nothing behind', async () => {
  const progress = localProgress();
  let now = 0;
  const clock = { ...hasty, now: () => new Date((now += 100)) };
  const projection = { ...sums(), restMs: 200 };
  const { took, rest } = pace({ projection, clock, progress });
  let rests = 0;
  const { signal } = new AbortController();
  const left = await leftOf(async () => {
    now = 0;
    for (let batch = 0n; batch < 9n; batch += 1n) {
      took({ live: true, to: { position: batch, eventId: undefined, ordinal: batch } });
    }
    rests += 1;
    await rest(signal);
  });
  assert.ok(rests > 0);
  assert.equal(left, 0);
});

test('whoever waits for views that only other processes fill leaves nothing behind', async (t) => {
  const { store, database } = await projectionWorld(t);
  const projections = [sums()];
  await store.install(projections);
  const progress = localProgress();
  const reached = reachedBy({ store, clock: hasty, projections, progress });
  let asked = 0;
  const left = await leftOf(async () => {
    const late = new AbortController();
    const waiting = reached(acme, ['sums'], 7n, late.signal);
    for (let turn = 0; turn < 3; turn += 1) await database.pool.query('select 1');
    late.abort(null);
    assert.equal(await waiting, false);
    asked += 1;
  });
  assert.ok(asked > 0);
  assert.equal(left, 0);
});
