import type { RecordedEvent } from '#domain/event.ts';
import { LogTampered } from '#domain/log-tampered.ts';
import {
  type Consumer,
  EVERYTHING,
  type Interest,
  type Seat,
  hand,
  hurry,
  newConsumer,
  seat,
} from './consumer.ts';
import { LAZY_MS, lazyMomentAfter } from './lazy-moments.ts';
import type { Checkpoint, Clock, EventSource } from './ports.ts';
import { weightOf } from './weight.ts';

/** Kept for those who join a moment behind. */
const RECENT_EVENTS = 2_000;
const RECENT_BYTES = 4_000_000;

export type Follower = {
  /**
   * Joins after `checkpoint`, without a gap and without repeats. Undefined when the flow is
   * already too far beyond it. The first to join decides where the flow begins. Without an
   * interest every event concerns the consumer.
   */
  join(checkpoint: Checkpoint, interest?: Interest): Seat | undefined;
  /** The last event that arrived; undefined before the first consumer has joined. */
  readonly last: Checkpoint | undefined;
  close(): Promise<void>;
};

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

  let isPutOff = false;
  let hurriedAt = -Infinity;
  const hurryAll = () => {
    hurriedAt = clock.now().getTime();
    for (const consumer of consumers) hurry(consumer);
  };
  /** What comes after a quiet second goes at once; else at one moment, so that it can go together. */
  const hurrySometime = async () => {
    const now = clock.now().getTime();
    if (now - hurriedAt >= LAZY_MS) return hurryAll();
    isPutOff = true;
    await clock.sleep(lazyMomentAfter(now) - now, stop.signal);
    isPutOff = false;
    hurryAll();
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
    if (!isPutOff) void hurrySometime();
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
    join: (checkpoint, { concerns, onWish } = EVERYTHING) => {
      if (last === undefined) {
        last = checkpoint;
        reach = checkpoint.position;
        running = run();
      }
      if (checkpoint.position < reach) return undefined;
      const missed = recent.filter(({ position }) => position > checkpoint.position);
      const consumer = newConsumer(concerns);
      hand(consumer, missed);
      hurry(consumer);
      consumers.add(consumer);
      const away = onWish?.(() => hurry(consumer));
      return seat(consumer, checkpoint, () => {
        away?.();
        consumers.delete(consumer);
      });
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
