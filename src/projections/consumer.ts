import type { RecordedEvent } from '#domain/event.ts';
import type { Checkpoint } from './ports.ts';
import { weightOf } from './weight.ts';

/** What one consumer has not taken yet. Past this it is dropped and catches up on its own. */
const MAX_BUFFERED_BYTES = 16_000_000;
const MAX_BUFFERED_EVENTS = 20_000;
/** Of what concerns others so much is taken at once: a second of it could be too much to keep. */
const MANY_EVENTS = 1_000;
const MANY_BYTES = 4_000_000;

/** What a consumer is woken for at once. */
export type Interest = {
  readonly concerns: (event: RecordedEvent) => boolean;
  /** Calls `hurry` when whatever came is wanted at once, until what this answers is called. */
  readonly onWish?: (hurry: () => void) => () => void;
};

/** A place in the live flow of events. */
export type Seat = {
  /**
   * Everything that arrived since the last call, at most `limit`, waiting for the first event that
   * concerns the consumer or for the next lazy moment. An empty answer means that `signal` was
   * aborted; undefined, that this consumer fell too far behind and has to read the log itself.
   */
  take(limit: number, signal: AbortSignal): Promise<readonly RecordedEvent[] | undefined>;
  leave(): void;
};

/** Somebody who hears of every event, and what has come for it. */
export type Consumer = {
  readonly concerns: Interest['concerns'];
  buffer: RecordedEvent[];
  weight: number;
  lost: boolean;
  /** What is in the buffer is to be taken now. */
  due: boolean;
  wake: () => void;
};

export const EVERYTHING: Interest = { concerns: () => true };

export const newConsumer = (concerns: Interest['concerns']): Consumer => ({
  concerns,
  buffer: [],
  weight: 0,
  lost: false,
  due: false,
  wake: () => undefined,
});

export function hand(consumer: Consumer, events: readonly RecordedEvent[]): void {
  if (consumer.lost) return;
  for (const event of events) {
    consumer.buffer.push(event);
    consumer.weight += weightOf(event);
    consumer.due ||= consumer.concerns(event);
  }
  if (consumer.weight > MAX_BUFFERED_BYTES || consumer.buffer.length > MAX_BUFFERED_EVENTS) {
    consumer.lost = true;
    consumer.buffer = [];
  }
  if (consumer.lost || consumer.due) consumer.wake();
  else if (consumer.buffer.length >= MANY_EVENTS || consumer.weight >= MANY_BYTES) hurry(consumer);
}

/** What has come is taken now, whomever it concerns. */
export function hurry(consumer: Consumer): void {
  if (consumer.buffer.length === 0) return;
  consumer.due = true;
  consumer.wake();
}

export function seat(consumer: Consumer, joined: Checkpoint, leave: () => void): Seat {
  let after = joined.position;
  return {
    take: async (limit, signal) => {
      while (!signal.aborted && !consumer.lost) {
        if (!consumer.due) {
          await woken(consumer, signal);
          continue;
        }
        const batch = consumer.buffer.splice(0, limit);
        consumer.due = consumer.buffer.length > 0;
        for (const event of batch) consumer.weight -= weightOf(event);
        // A consumer that read ahead of the flow has had these already.
        const fresh = batch.filter(({ position }) => position > after);
        after = fresh.at(-1)?.position ?? after;
        if (fresh.length > 0) return fresh;
      }
      return consumer.lost ? undefined : [];
    },
    leave,
  };
}

async function woken(consumer: Consumer, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => resolve();
  consumer.wake = wake;
  signal.addEventListener('abort', wake, { once: true });
  await promise;
  signal.removeEventListener('abort', wake);
}
