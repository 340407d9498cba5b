import type { RecordedEvent } from '#domain/event.ts';
import type { Interest, Seat } from './consumer.ts';
import type { Follower } from './follower.ts';
import type { Checkpoint, EventSource } from './ports.ts';
import { weightOf } from './weight.ts';

const MOST_EVENTS = 4_000;
const FEWEST_EVENTS = 20;
const BATCH_BYTES = 8_000_000;

/** A contiguous part of the log. May be empty: then it only says that the lane is live. */
export type LogBatch = {
  readonly events: readonly RecordedEvent[];
  readonly to: Checkpoint;
  /** It is all there is now, from the flow that is shared in this process. */
  readonly live: boolean;
};

/**
 * Every event after `from`, for ever: reads the log while behind, then joins the shared flow, with
 * what it is to be woken for there.
 */
export async function* eventsAfter(
  source: EventSource,
  flow: Follower,
  from: Checkpoint,
  signal: AbortSignal,
  interest?: Interest,
): AsyncGenerator<LogBatch> {
  let at = from;
  while (!signal.aborted) {
    const join = (reached: Checkpoint) => flow.join(reached, interest);
    const seat = yield* catchUp(source, join, at, signal, (reached) => (at = reached));
    if (seat === undefined) return;
    try {
      yield { events: [], to: at, live: true };
      for (;;) {
        const events = await seat.take(MOST_EVENTS, signal);
        if (events === undefined) break;
        if (events.length === 0) return;
        at = advanced(at, events);
        // Whoever rests with more to take falls behind for good.
        yield { events, to: at, live: events.length < MOST_EVENTS };
      }
    } finally {
      seat.leave();
    }
  }
}

async function* catchUp(
  source: EventSource,
  join: (at: Checkpoint) => Seat | undefined,
  from: Checkpoint,
  signal: AbortSignal,
  reached: (at: Checkpoint) => void,
): AsyncGenerator<LogBatch, Seat | undefined> {
  let at = from;
  let limit = 500;
  let next = source.readAll({ after: at.position, limit });
  while (!signal.aborted) {
    const events = await next;
    at = advanced(at, events);
    reached(at);
    const seat = nearHead(events, limit) ? join(at) : undefined;
    if (seat === undefined) {
      limit = nextLimit(events);
      next = source.readAll({ after: at.position, limit });
      // Whoever stops listening to this generator must not leave a rejection unheard.
      next.catch(() => undefined);
    }
    if (events.length > 0) yield { events, to: at, live: false };
    if (seat !== undefined) return seat;
  }
  return undefined;
}

const nearHead = (events: readonly RecordedEvent[], limit: number) =>
  events.length === 0 || (events.length < limit / 2 && bytesOf(events) < BATCH_BYTES / 4);

/** As many events as fit into the bytes of a batch, going by those just read. */
function nextLimit(events: readonly RecordedEvent[]): number {
  if (events.length === 0) return MOST_EVENTS;
  const fitting = Math.floor((BATCH_BYTES * events.length) / bytesOf(events));
  return Math.max(FEWEST_EVENTS, Math.min(MOST_EVENTS, fitting));
}

const bytesOf = (events: readonly RecordedEvent[]) =>
  events.reduce((bytes, event) => bytes + weightOf(event), 0);

function advanced(at: Checkpoint, events: readonly RecordedEvent[]): Checkpoint {
  const newest = events.at(-1);
  if (newest === undefined) return at;
  return {
    position: newest.position,
    eventId: newest.header.id,
    ordinal: at.ordinal + BigInt(events.length),
  };
}
