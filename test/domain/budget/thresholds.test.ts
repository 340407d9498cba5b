import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_FIGURE } from '#domain/budget/limits.ts';
import { thresholdsReached } from '#domain/budget/thresholds.ts';

test('use reaches every threshold up to its share of the budget, and no more than all of them', () => {
  assert.deepEqual(thresholdsReached(100, 49), []);
  assert.deepEqual(thresholdsReached(100, 50), [50]);
  assert.deepEqual(thresholdsReached(100, 79), [50]);
  assert.deepEqual(thresholdsReached(100, 95), [50, 80, 90]);
  assert.deepEqual(thresholdsReached(100, 250), [50, 80, 90, 100]);
});

test('a budget of nothing has no thresholds', () => {
  assert.deepEqual(thresholdsReached(0, 5), []);
});

test('a part of a unit is not reached', () => {
  assert.deepEqual(thresholdsReached(3, 1), []);
  assert.deepEqual(thresholdsReached(3, 2), [50]);
});

test('the largest budget is exact to the nano-dollar', () => {
  const ninety = Number((BigInt(MAX_FIGURE) * 9n) / 10n) + 1;
  assert.deepEqual(thresholdsReached(MAX_FIGURE, ninety - 1), [50, 80]);
  assert.deepEqual(thresholdsReached(MAX_FIGURE, ninety), [50, 80, 90]);
  assert.deepEqual(thresholdsReached(MAX_FIGURE, MAX_FIGURE - 1), [50, 80, 90]);
  assert.deepEqual(thresholdsReached(MAX_FIGURE, MAX_FIGURE), [50, 80, 90, 100]);
});
