import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyCache } from '#infra/crypto/key-cache.ts';
import { stoppedClock } from '#test/support/sealing.ts';

test('a key is forgotten when its time is up, however often it is used', () => {
  const clock = stoppedClock();
  const cache = new KeyCache<string>(clock, 1_000, 10);
  cache.set('a', 'key of a');
  for (let step = 0; step < 9; step++) {
    clock.move(100);
    assert.equal(cache.get('a'), 'key of a');
  }
  clock.move(99);
  assert.equal(cache.get('a'), 'key of a');
  clock.move(1);
  assert.equal(cache.get('a'), undefined);
});

test('what is too old is let go of by any access, not only when it is asked for', () => {
  const clock = stoppedClock();
  const cache = new KeyCache<string>(clock, 1_000, 10);
  for (const name of ['a', 'b', 'c']) cache.set(name, name);
  clock.move(500);
  cache.set('d', 'd');
  clock.move(500);
  assert.equal(cache.get('other'), undefined);
  assert.equal(cache.size, 1);
});

test('the cache never holds more keys than it may, and lets go of the oldest', () => {
  const cache = new KeyCache<number>(stoppedClock(), 1_000, 3);
  for (let i = 0; i < 10; i++) {
    cache.set(String(i), i);
    assert.ok(cache.size <= 3);
  }
  assert.deepEqual(
    ['6', '7', '8', '9'].map((name) => cache.get(name)),
    [undefined, 7, 8, 9],
  );
});

test('a clock that is set back does not make a key live longer', () => {
  const clock = stoppedClock();
  const cache = new KeyCache<string>(clock, 1_000, 10);
  cache.set('a', 'a');
  clock.move(-3_600_000);
  assert.equal(cache.get('a'), undefined);
});

test('what is taken out is there no more, and the rest is', () => {
  const cache = new KeyCache<number>(stoppedClock(), 1_000, 10);
  for (let i = 0; i < 4; i++) cache.set(String(i), i);
  assert.deepEqual(
    cache.takeWhere((value) => value % 2 === 0),
    [0, 2],
  );
  assert.deepEqual(
    ['0', '1', '2', '3'].map((name) => cache.get(name)),
    [undefined, 1, undefined, 3],
  );
});
