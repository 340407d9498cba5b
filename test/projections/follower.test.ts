import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RecordedEvent } from '#domain/event.ts';
import { memoryEventLog } from '#infra/memory/event-log.ts';
import { type Interest, hand, newConsumer } from '#projections/consumer.ts';
import { follower } from '#projections/follower.ts';
import { eventsAfter } from '#projections/lane-events.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { newStream, sealing, storedEvent } from '#test/support/stored-event.ts';

const START = { position: 0n, eventId: undefined, ordinal: 0n };
const later = () => new Promise((resolve) => setImmediate(resolve));

/** A consumer that only the tenth, twentieth … event concerns, unless it is told otherwise. */
async function followed(interest: Partial<Interest> = {}) {
  const clock = manualClock('2026-01-01T00:00:00.400Z');
  const log = memoryEventLog({ clock });
  const flow = follower(log, clock, assert.ifError);
  const concerns = ({ position }: RecordedEvent) => position % 10n === 0n;
  const seat = flow.join(START, { concerns, ...interest })!;
  const stream = newStream();
  let count = 0;
  const append = async (more: number) => {
    for (const until = count + more; count < until; count++) {
      await log.append(stream, count === 0 ? 'none' : count - 1, (place) => [
        storedEvent(stream, place),
      ]);
    }
    await later();
  };
  // After a quiet second the first one is heard at once.
  await append(1);
  const stop = new AbortController();
  assert.equal((await seat.take(5_000, stop.signal))?.length, 1);
  /** How many are taken, or `undefined` while the consumer waits. */
  const taking = () => {
    const took: { count?: number } = {};
    void seat.take(5_000, stop.signal).then((events) => (took.count = events?.length ?? -1));
    return took;
  };
  return {
    clock,
    append,
    taking,
    end: async () => {
      stop.abort();
      seat.leave();
      await flow.close();
    },
  };
}

test('events that do not concern a consumer come with the next one that does', async () => {
  const { append, taking, end } = await followed();
  const took = taking();
  await append(8);
  assert.equal(took.count, undefined);
  await append(1);
  assert.equal(took.count, 9);
  await end();
});

test('where none comes that does, they come together at the next whole second', async () => {
  const { clock, append, taking, end } = await followed();
  const took = taking();
  await append(5);
  await clock.advance(599);
  assert.equal(took.count, undefined);
  await clock.advance(1);
  await later();
  assert.equal(took.count, 5);
  await end();
});

test('whoever waits for a view is not kept waiting for them', async () => {
  const wishes = new Set<() => void>();
  const { append, taking, end } = await followed({
    onWish: (hurry) => {
      wishes.add(hurry);
      return () => wishes.delete(hurry);
    },
  });
  const took = taking();
  await append(5);
  assert.equal(took.count, undefined);
  for (const hurry of wishes) hurry();
  await later();
  assert.equal(took.count, 5);
  await end();
  assert.equal(wishes.size, 0);
});

test('a thousand of them are taken at once', async () => {
  const { append, taking, end } = await followed({ concerns: () => false });
  const took = taking();
  await append(999);
  assert.equal(took.count, undefined);
  await append(1);
  assert.equal(took.count, 1_000);
  await end();
});

test('a few large ones are taken at once', () => {
  const consumer = newConsumer(() => false);
  const stream = newStream();
  for (const [revision, due] of [
    [0, false],
    [1, true],
  ] as const) {
    const body = new Uint8Array(2_000_000);
    const stored = storedEvent(stream, { revision, notBefore: undefined }, { body });
    hand(consumer, [{ ...stored, position: BigInt(revision) + 1n }]);
    assert.equal(consumer.due, due);
  }
});

test('a consumer that has more to take than a batch holds does not take itself for up to date', async () => {
  const clock = manualClock();
  const log = memoryEventLog({ clock });
  const flow = follower(log, clock, assert.ifError);
  const stop = new AbortController();
  const batches = eventsAfter(log, flow, START, stop.signal);
  const next = async () => (await batches.next()).value!;
  assert.deepEqual((await next()).events, []);
  const stream = newStream();
  for (let revision = 0; revision < 5_000; revision += 500) {
    const events = sealing(stream, ...Array.from({ length: 500 }, () => ({})));
    await log.append(stream, revision === 0 ? 'none' : revision - 1, events);
  }
  for (const [count, live] of [
    [4_000, false],
    [1_000, true],
  ] as const) {
    await later();
    const batch = await next();
    assert.deepEqual([batch.events.length, batch.live], [count, live]);
  }
  stop.abort();
  await batches.return(undefined);
  await flow.close();
});
