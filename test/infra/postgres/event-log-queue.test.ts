import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkedAppend } from '#infra/log/checked-append.ts';
import { queue } from '#infra/postgres/event-log/queue.ts';
import { newStream, sealing } from '#test/support/stored-event.ts';

const waiting = (bytes: number) => {
  const stream = newStream();
  const place = { revision: 0, notBefore: undefined };
  const seal = sealing(stream, { body: new Uint8Array(bytes) });
  return { append: checkedAppend(stream, place, seal(place)) };
};

test('a batch is the oldest 256 appends at most', () => {
  const appends = queue<ReturnType<typeof waiting>>();
  const all = Array.from({ length: 300 }, () => waiting(10));
  for (const one of all) assert.ok(appends.push(one));
  assert.deepEqual(appends.nextBatch(), all.slice(0, 256));
  assert.deepEqual(appends.nextBatch(), all.slice(256));
  assert.deepEqual(appends.nextBatch(), []);
});

test('a batch of large appends ends early, and is never empty', () => {
  const appends = queue<ReturnType<typeof waiting>>();
  for (let count = 0; count < 10; count++) appends.push(waiting(900_000));
  assert.equal(appends.nextBatch().length, 4);
  assert.equal(appends.nextBatch().length, 4);
  assert.equal(appends.nextBatch().length, 2);
});

test('large appends fill the queue before they fill the memory, and leave room when they go', () => {
  const appends = queue<ReturnType<typeof waiting>>();
  const large = waiting(900_000);
  let accepted = 0;
  while (appends.push(large)) accepted += 1;
  assert.equal(accepted, 71);
  assert.equal(appends.nextBatch().length, 4);
  assert.ok(appends.push(large));
  assert.equal(appends.drain().length, 68);
  assert.ok(appends.push(large));
});
