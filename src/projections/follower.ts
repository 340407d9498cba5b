import type { RecordedEvent } from '#domain/event.ts';
import { LogTampered } from '#domain/log-tampered.ts';
import { type Checkpoint, type Clock, type EventSource } from './ports.ts';
import { weightOf } from './weight.ts';

/** What one consumer has not taken yet. Past this it is dropped and catches up on its own. */
const MAX_BUFFERED_BYTES = 16_000_000;
const MAX_BUFFERED_EVENTS = 20_000;
/** Kept for those who join a moment behind. */
const RECENT_EVENTS = 2_000;
const RECENT_BYTES = 4_000_000;

/** A place in the live flow of events. */
export type Seat = {
  /**
   * Everything that arrived since the last call, at most `limit`, waiting for the first event. An
   * empty answer means that `signal` was aborted; undefined, that this consumer fell too far
   * behind and has to read the log itself.
   */
  take(limit: number, signal: AbortSignal): Promise<readonly RecordedEvent[] | undefined>;
  leave(): void;
};

export type Follower = {
  /**
   * Joins after `checkpoint`, without a gap and without repeats. Undefined when the flow is
   * already too far beyond it. The first to join decides where the flow begins.
   */
  join(checkpoint: Checkpoint): Seat | undefined;
  /** The last event that arrived; undefined before the first consumer has joined. */
  readonly last: Checkpoint | undefined;
  close(): Promise<void>;
};

type Consumer = { buffer: RecordedEvent[]; weight: number; lost: boolean; wake: () => void };

/** Reads the log once for everybody in this process who wants to hear of every event. */
export function follower(source: EventSource, clock: Clock, onError: OnError): Follower {
  const stop = new AbortController();
  const consumers = new Set<Consumer>();
  let recent: RecordedEvent[] = [];
  let recentBytes = 0;
  let last: Checkpoint | undefined;
  /** Everything after this position is in `recent` or still to come. */
  let reach = 0n;
  let running = Promise.resolve();

  const forget = () => {
    const kept = tailWithin(recent);
    reach = recent[recent.length - kept - 1]?.position ?? reach;
    recent = recent.slice(recent.length - kept);
    recentBytes = recent.reduce((bytes, event) => bytes + weightOf(event), 0);
  };

  const deliver = (events: readonly RecordedEvent[]) => {
    const newest = events.at(-1);
    if (newest === undefined || last === undefined) return;
    last = {
      position: newest.position,
      eventId: newest.header.id,
      ordinal: last.ordinal + BigInt(events.length),
    };
    recent.push(...events);
    for (const event of events) recentBytes += weightOf(event);
    // Cut back now and then, not with every few events.
    if (recent.length > 2 * RECENT_EVENTS || recentBytes > 2 * RECENT_BYTES) forget();
    for (const consumer of consumers) hand(consumer, events);
  };

  const run = async (): Promise<void> => {
    for (let failures = 0; !stop.signal.aborted;) {
      try {
        await verify(source, last);
        const after = last?.position ?? 0n;
        for await (const events of source.follow({ after, signal: stop.signal, limit: 1_000 })) {
          failures = 0;
          deliver(events);
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        onError(error);
        if (error instanceof LogTampered) return;
        failures += 1;
      }
      if (!stop.signal.aborted) await clock.sleep(backOff(failures), stop.signal);
    }
  };

  return {
    get last() {
      return last;
    },
    join: (checkpoint) => {
      if (last === undefined) {
        last = checkpoint;
        reach = checkpoint.position;
        running = run();
      }
      if (checkpoint.position < reach) return undefined;
      const missed = recent.filter(({ position }) => position > checkpoint.position);
      const consumer: Consumer = { buffer: [], weight: 0, lost: false, wake: () => undefined };
      hand(consumer, missed);
      consumers.add(consumer);
      return seat(consumer, checkpoint, () => consumers.delete(consumer));
    },
    close: async () => {
      stop.abort();
      for (const { wake } of consumers) wake();
      await running;
    },
  };
}

export type OnError = (error: unknown) => void;

export const backOff = (failures: number): number => Math.min(50 * 2 ** failures, 5_000);

/** A checkpoint whose event is not in the log any more belongs to another log. */
export async function verify(source: EventSource, at: Checkpoint | undefined): Promise<void> {
  if (at?.eventId === undefined) return;
  const found = await source.at(at.position);
  if (found?.header.id === at.eventId) return;
  throw new LogTampered(
    `The log holds ${found ? `event ${found.header.id}` : 'nothing'} at position ${at.position}, ` +
      `where event ${at.eventId} was read before: it was restored or replaced.`,
  );
}

function hand(consumer: Consumer, events: readonly RecordedEvent[]): void {
  if (consumer.lost) return;
  for (const event of events) {
    consumer.buffer.push(event);
    consumer.weight += weightOf(event);
  }
  if (consumer.weight > MAX_BUFFERED_BYTES || consumer.buffer.length > MAX_BUFFERED_EVENTS) {
    consumer.lost = true;
    consumer.buffer = [];
  }
  consumer.wake();
}

function seat(consumer: Consumer, joined: Checkpoint, leave: () => void): Seat {
  let after = joined.position;
  return {
    take: async (limit, signal) => {
      while (!signal.aborted && !consumer.lost) {
        const batch = consumer.buffer.splice(0, limit);
        for (const event of batch) consumer.weight -= weightOf(event);
        // A consumer that read ahead of the flow has had these already.
        const fresh = batch.filter(({ position }) => position > after);
        after = fresh.at(-1)?.position ?? after;
        if (fresh.length > 0) return fresh;
        if (batch.length === 0) await woken(consumer, signal);
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

/** How many events at the end of `events` are worth keeping. */
function tailWithin(events: readonly RecordedEvent[]): number {
  let bytes = 0;
  let kept = 0;
  for (const event of events.toReversed().slice(0, RECENT_EVENTS)) {
    bytes += weightOf(event);
    if (bytes > RECENT_BYTES) break;
    kept += 1;
  }
  return kept;
}
