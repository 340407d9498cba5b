import {
  type Clock,
  type EventLog,
  type Ids,
  LogTampered,
  LogUnavailable,
} from '#commands/ports.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { type Arrivals, arrivals } from './arrivals.ts';
import type { Filter } from './client.ts';
import type { Connection } from './connection.ts';
import { readFailure } from './failure.ts';
import { recorded } from './recorded.ts';

const DEFAULT_LIMIT = 500;
/** Events that have come and are not taken yet: few, because one may have a megabyte. */
const AHEAD = 128;
/** After this long without an event the log's head is looked at: a subscription may die silently. */
const SILENCE_MS = 5_000;
/** And so long what was seen there may be on its way. */
const ARRIVAL_MS = 2_000;
const MOST_PAUSE_MS = 2_000;

/** Everything but the server's own events; other applications' are left out here. */
const filter: Filter = { on: 'eventType', expression: { regex: '^[^$].*' } };

export type FollowPorts = {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly report: (message: string) => void;
  readonly head: () => Promise<bigint>;
};

/**
 * One subscription after the other, each from the last event that was handed out: none of them
 * resumes by itself, and what the server reports as passed may not have been handled.
 */
export async function* followAll(
  ports: FollowPorts,
  { after, signal, limit = DEFAULT_LIMIT }: Parameters<EventLog['follow']>[0],
): AsyncGenerator<readonly RecordedEvent[], void> {
  let last = after;
  let isChecked = false;
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      // Beyond its end the server accepts a subscription and never delivers anything.
      if (!isChecked) await refuseBeyondHead(ports, after);
      isChecked = true;
      for await (const events of subscribed(ports, last, limit, signal)) {
        failures = 0;
        yield events;
        last = events.at(-1)!.position;
      }
    } catch (error) {
      const failure = readFailure(error);
      if (failure instanceof LogTampered) throw failure;
      if (failures === 0) ports.report(`A follower waits: ${failure.message}`);
    }
    const pause = Math.min(100 * 2 ** failures, MOST_PAUSE_MS);
    if (!signal.aborted) await ports.clock.sleep(ports.ids.random() * pause, signal);
  }
}

async function refuseBeyondHead({ head }: FollowPorts, after: bigint): Promise<void> {
  const newest = await head();
  if (after > newest)
    throw new LogTampered(`Position ${after} is beyond the head ${newest}: the log was replaced.`);
}

async function* subscribed(
  ports: FollowPorts,
  after: bigint,
  limit: number,
  signal: AbortSignal,
): AsyncGenerator<readonly RecordedEvent[], void> {
  const client = await ports.connection.client();
  const seen = arrivals(client.subscribe(after === 0n ? 'start' : after, filter, AHEAD));
  try {
    let last = after;
    while (!signal.aborted) {
      const news = seen.news;
      const events = taken(seen, limit);
      const newest = events.at(-1);
      if (newest === undefined) await eventOrSilence(ports, seen, news, last, signal);
      else {
        yield events;
        last = newest.position;
      }
    }
  } finally {
    await seen.leave();
  }
}

/** What has come. An error is left for the next call when events came before it. */
function taken(seen: Arrivals, limit: number): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  try {
    while (events.length < limit) {
      const received = seen.take();
      if (received === undefined) break;
      const event = recorded(received);
      if (event !== undefined) events.push(event);
    }
  } catch (error) {
    if (events.length === 0 || error instanceof LogTampered) throw error;
  }
  return events;
}

async function eventOrSilence(
  { clock, head }: FollowPorts,
  seen: Arrivals,
  news: number,
  last: bigint,
  signal: AbortSignal,
): Promise<void> {
  const within = async (ms: number) => {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    await Promise.race([seen.next(news, either), clock.sleep(ms, either)]);
    over.abort(null);
  };
  await within(SILENCE_MS);
  if (signal.aborted || seen.news !== news || (await head()) <= last) return;
  await within(ARRIVAL_MS);
  if (!signal.aborted && seen.news === news)
    throw new LogUnavailable('its subscription has gone silent');
}
