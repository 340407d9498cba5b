import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordedEvent } from '#domain/event.ts';
import { bell } from '#infra/log/bell.ts';
import { follow } from '#infra/log/follow.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { newStream, storedEvent } from '#test/support/stored-event.ts';

test('an event that commits while the follower reads wakes it all the same', async () => {
  const { source, events, commit } = rehearsed();
  const stop = new AbortController();
  let reads = 0;
  const read = async (after: bigint) => {
    const seen = events.slice(Number(after));
    // Committed after what this read sees, and before the follower goes to sleep.
    if (++reads === 1) commit();
    return { events: seen, more: false };
  };
  for await (const batch of follow({ ...source, read }, { after: 0n, signal: stop.signal })) {
    assert.equal(batch.length, 1);
    stop.abort();
  }
  assert.equal(reads, 2);
});

test('a ring that was lost costs patience, not the event', async () => {
  const { source, events, clock } = rehearsed();
  const stop = new AbortController();
  const following = (async () => {
    for await (const batch of follow(source, { after: 0n, signal: stop.signal })) {
      assert.equal(batch.length, 1);
      stop.abort();
    }
  })();
  while (clock.sleepers === 0) await new Promise((resolve) => setImmediate(resolve));
  events.push(event(0));
  await clock.advance(1_000);
  await following;
  assert.equal(clock.sleepers, 0, 'no timer is left behind');
});

test('a follower that is behind never sleeps', async () => {
  const { source, commit, clock } = rehearsed();
  for (let count = 0; count < 100; count++) commit();
  const stop = new AbortController();
  let seen = 0;
  for await (const batch of follow(source, { after: 0n, signal: stop.signal, limit: 7 })) {
    seen += batch.length;
    assert.equal(clock.sleepers, 0);
    if (seen === 100) stop.abort();
  }
});

const stream = newStream();

const event = (index: number): RecordedEvent => ({
  ...storedEvent(stream, { revision: index, notBefore: undefined }),
  position: BigInt(index + 1),
});

function rehearsed() {
  const events: RecordedEvent[] = [];
  const rung = bell();
  const clock = manualClock();
  const source = {
    read: async (after: bigint, limit: number) => {
      const read = events.slice(Number(after), Number(after) + limit);
      return { events: read, more: read.length === limit };
    },
    head: async () => BigInt(events.length),
    bell: rung,
    clock,
    patience: () => 1_000,
  };
  const commit = () => {
    events.push(event(events.length));
    rung.ring();
  };
  return { source, events, clock, commit };
}
