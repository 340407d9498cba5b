import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pace } from '#projections/pace.ts';
import { localProgress } from '#projections/progress.ts';
import type { Projection } from '#projections/projection.ts';
import { manualClock } from '#test/support/manual-clock.ts';

/** A lane that rests 200 ms, and took so many batches one after the other. */
function lane(restMs?: number) {
  const projection: Projection = {
    name: 'typed',
    version: 1,
    tables: [],
    needs: () => 'header',
    handle: async () => undefined,
    ...(restMs !== undefined && { restMs }),
  };
  const [clock, progress] = [manualClock(), localProgress()];
  const { took, worked, rest } = pace({ projection, clock, progress });
  let position = 0n;
  const take = (count: number, { live = true } = {}) => {
    for (let left = count; left > 0; left--) {
      took({ live, to: { position: ++position, eventId: undefined, ordinal: position } });
    }
  };
  /** Whether the lane takes its next batch, now that everything had its turn. */
  const isReady = async (resting: Promise<void>) => {
    let ready = false;
    void resting.then(() => (ready = true));
    await new Promise((resolve) => setImmediate(resolve));
    return ready;
  };
  const begin = () => rest(new AbortController().signal);
  return { clock, progress, take, worked, begin, isReady, at: () => position };
}

test('a few edits are in their view at once', async () => {
  const { take, begin, isReady } = lane(200);
  take(5);
  assert.ok(await isReady(begin()));
});

test('typing that goes on is taken every 200 ms', async () => {
  const { clock, take, begin, isReady } = lane(200);
  take(5);
  for (let batch = 0; batch < 3; batch++) {
    take(1);
    const resting = begin();
    await clock.advance(199);
    assert.equal(await isReady(resting), false);
    await clock.advance(1);
    assert.ok(await isReady(resting));
  }
});

test('a lane that works for long rests for longer, but never more than four times as long', async () => {
  const { clock, take, worked, begin, isReady } = lane(200);
  take(5);
  for (const [ms, rests] of [
    [50, 650],
    [10_000, 800],
  ] as const) {
    take(1);
    worked(ms);
    const resting = begin();
    await clock.advance(rests - 1);
    assert.equal(await isReady(resting), false);
    await clock.advance(1);
    assert.ok(await isReady(resting));
  }
});

test('after a pause a few edits are taken at once again', async () => {
  const { clock, take, begin, isReady } = lane(200);
  take(20);
  await clock.advance(1_200);
  take(4);
  assert.ok(await isReady(begin()));
});

test('whoever waits for more ends the rest, and is not rested for afterwards', async () => {
  const { clock, progress, take, begin, isReady, at } = lane(200);
  take(6);
  const resting = begin();
  assert.equal(await isReady(resting), false);
  const waited = progress.want(['typed'], at() + 100n);
  assert.ok(await isReady(resting));
  take(100);
  waited();
  const after = begin();
  await clock.advance(200);
  assert.ok(await isReady(after));
});

test('a wish for another view, or for what was taken, ends nothing', async () => {
  const { progress, take, begin, isReady, at } = lane(200);
  take(6);
  const resting = begin();
  progress.want(['another'], at() + 1n);
  progress.want(['typed'], at());
  assert.equal(await isReady(resting), false);
});

test('a lane that is behind never rests, nor does one without a rest of its own', async () => {
  const behind = lane(200);
  behind.take(100, { live: false });
  assert.ok(await behind.isReady(behind.begin()));
  const eager = lane();
  eager.take(100);
  assert.ok(await eager.isReady(eager.begin()));
});
