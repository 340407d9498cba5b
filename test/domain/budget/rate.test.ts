import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type Bucket, MAX_RATE, emptyBucket, taken, waitFor } from '#domain/budget/rate.ts';

test('what is told to come back after n milliseconds fits then, and not one earlier', () => {
  const step = fc.record({ amount: fc.nat(), pause: fc.nat(90_000) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: MAX_RATE }), fc.array(step), (limit, steps) => {
      let now = 1_000_000;
      let bucket: Bucket = emptyBucket;
      for (const { amount: any, pause } of steps) {
        const amount = 1 + (any % limit);
        now += pause;
        const wait = waitFor(bucket, limit, amount, now);
        assert.ok(wait !== null && wait <= 60_000);
        if (wait > 0) assert.notEqual(waitFor(bucket, limit, amount, now + wait - 1), 0);
        assert.equal(waitFor(bucket, limit, amount, now + wait), 0);
        now += wait;
        bucket = taken(bucket, limit, amount, now);
        assert.ok(Number.isSafeInteger(bucket.debt));
      }
    }),
  );
});

test('in any stretch of time no more is taken than one burst and what drained meanwhile', () => {
  const asked = fc.array(
    fc.record({ amount: fc.integer({ min: 1, max: 60 }), pause: fc.nat(5_000) }),
  );
  fc.assert(
    fc.property(asked, (steps) => {
      const limit = 60;
      let [now, sum, bucket]: [number, number, Bucket] = [0, 0, emptyBucket];
      for (const { amount, pause } of steps) {
        now += pause;
        if (waitFor(bucket, limit, amount, now) !== 0) continue;
        bucket = taken(bucket, limit, amount, now);
        sum += amount;
        assert.ok(sum * 60_000 <= limit * 60_000 + now * limit);
      }
    }),
  );
});

test('a limit of nothing, and one that is smaller than the request, never free', () => {
  assert.equal(waitFor(emptyBucket, 0, 1, 5), null);
  assert.equal(waitFor(emptyBucket, 10, 11, 5), null);
  assert.equal(waitFor(emptyBucket, 0, 0, 5), 0);
});

test('a limit that was lowered blocks for a minute at most', () => {
  const bucket = taken(emptyBucket, 1_000_000, 1_000_000, 0);
  assert.equal(waitFor(bucket, 1, 1, 0), 60_000);
});

test('a clock that was put back takes nothing away and gives nothing back', () => {
  const bucket = taken(emptyBucket, 60, 60, 10_000);
  assert.equal(waitFor(bucket, 60, 1, 4_000), 1_000);
});
