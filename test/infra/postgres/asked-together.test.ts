import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askedTogether } from '#infra/postgres/asked-together.ts';

test('what is asked while an answer is on its way is asked together next, under its own key', async () => {
  const batches: (readonly number[])[] = [];
  const double = askedTogether(async (all: readonly number[]) => {
    batches.push(all);
    await new Promise((resolve) => setImmediate(resolve));
    return all.map((one) => one * 2);
  });
  const answers = [1, 2, 3].map(async (one) => await double('a', one));
  const other = double('b', 4);
  assert.deepEqual(await Promise.all([...answers, other]), [2, 4, 6, 8]);
  assert.deepEqual(batches, [[1], [4], [2, 3]]);
  assert.equal(await double('a', 5), 10);
});

test('a failure is that of those who were asked together, and of nobody after them', async () => {
  let isAway = true;
  const ask = askedTogether(async (all: readonly string[]) => {
    await new Promise((resolve) => setImmediate(resolve));
    if (isAway) throw new Error('away');
    return all;
  });
  const failing = ask('a', 'one');
  const later = ask('a', 'two');
  await assert.rejects(failing, /away/);
  isAway = false;
  assert.equal(await later, 'two');
});
