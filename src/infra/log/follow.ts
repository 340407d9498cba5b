import { type Clock, type EventLog, LogTampered } from '#commands/ports.ts';
import type { RecordedEvent } from '#domain/event.ts';
import type { Bell } from './bell.ts';

export type Read = {
  readonly events: readonly RecordedEvent[];
  /** There may be more by now: read again at once. */
  readonly more: boolean;
};

export type Followed = {
  /** Waits out an outage. */
  readonly read: (after: bigint, limit: number, signal: AbortSignal) => Promise<Read>;
  readonly head: (signal: AbortSignal) => Promise<bigint>;
  readonly bell: Bell;
  readonly clock: Clock;
  /** After this long the log is read, whether it has rung or not, in milliseconds. */
  readonly patience: () => number;
};

const DEFAULT_LIMIT = 500;

/** Reads on as long as there is something to read, and waits for the bell at the head. */
export async function* follow(
  log: Followed,
  { after, signal, limit = DEFAULT_LIMIT }: Parameters<EventLog['follow']>[0],
): AsyncGenerator<readonly RecordedEvent[], void> {
  const head = await log.head(signal);
  if (signal.aborted) return;
  if (after > head)
    throw new LogTampered(`Position ${after} is beyond the head ${head}: the log was replaced.`);
  const over = new AbortController();
  let looking: Promise<void> | undefined;
  try {
    let last = after;
    while (!signal.aborted) {
      // Taken before the read: whatever commits during it rings again.
      const heard = log.bell.rings;
      const { events, more } = await log.read(last, limit, signal);
      if (signal.aborted) return;
      const newest = events.at(-1);
      if (newest !== undefined) {
        yield events;
        last = newest.position;
      }
      if (more) continue;
      looking ??= ringNowAndThen(log, AbortSignal.any([signal, over.signal]));
      await log.bell.next(heard, signal);
    }
  } finally {
    // It must not stay behind as a timer.
    over.abort(null);
    await looking;
  }
}

/** One timer for all waits: with a hundred events a second one for each costs more than the wait. */
async function ringNowAndThen(
  { bell, clock, patience }: Pick<Followed, 'bell' | 'clock' | 'patience'>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(patience(), signal);
    if (!signal.aborted) bell.ring();
  }
}
