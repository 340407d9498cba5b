import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { MAX_FIGURE } from '#domain/budget/limits.ts';
import { crossed, thresholds } from '#domain/budget/thresholds.ts';

test('a debit raises the thresholds that it reaches, and each of them once', () => {
  assert.deepEqual(crossed(100, 0, 49), []);
  assert.deepEqual(crossed(100, 49, 50), [50]);
  assert.deepEqual(crossed(100, 50, 79), []);
  assert.deepEqual(crossed(100, 79, 95), [80, 90]);
  assert.deepEqual(crossed(100, 0, 250), [50, 80, 90, 100]);
  assert.deepEqual(crossed(100, 100, 101), []);
  assert.deepEqual(crossed(0, 0, 5), []);
});

test('a part of a unit is not reached', () => {
  assert.deepEqual(crossed(3, 0, 1), []);
  assert.deepEqual(crossed(3, 1, 2), [50]);
});

test('the largest budget is exact to the nano-dollar', () => {
  const ninety = Number((BigInt(MAX_FIGURE) * 9n) / 10n) + 1;
  assert.deepEqual(crossed(MAX_FIGURE, ninety - 1, ninety), [90]);
  assert.deepEqual(crossed(MAX_FIGURE, ninety, MAX_FIGURE - 1), []);
  assert.deepEqual(crossed(MAX_FIGURE, MAX_FIGURE - 1, MAX_FIGURE), [100]);
});

test('however a budget is used up, every threshold is raised exactly once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.array(fc.nat(500)), (limit, debits) => {
      let used = 0;
      const raised = [...debits, limit].flatMap((debit) => {
        const before = used;
        used += debit;
        return crossed(limit, before, used);
      });
      assert.deepEqual(raised, [...thresholds]);
    }),
  );
});
