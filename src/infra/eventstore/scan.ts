import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, type EventLog, LogUnavailable } from '#commands/ports.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { patience } from '#infra/log/patience.ts';
import { type Arrivals, arrivals } from './arrivals.ts';
import type { EventStoreClient, Filter, ReceivedEvent } from './client.ts';
import type { Connection } from './connection.ts';
import { readFailure } from './failure.ts';
import { recorded } from './recorded.ts';

/** Long: the server may have to look through the whole log to find the few of a small tenant. */
const DEADLINE_MS = 60_000;
const MOST_SCANS = 256;
const PAGE_BYTES = 4_000_000;
/** Events that have come and are not taken yet. */
const AHEAD = 256;

type Wanted = Parameters<EventLog['readAll']>[0] & { readonly upTo: bigint };

/**
 * One tenant's events, or those of some types, up to `upTo`, where an event is. By a filtered
 * subscription, because `readAll` of `@eventstore/db-client` has no filter.
 */
export function scanning(connection: Connection, clock: Clock) {
  const within = patience(clock, { ms: DEADLINE_MS, most: MOST_SCANS });

  return async (wanted: Wanted): Promise<readonly RecordedEvent[]> => {
    if (wanted.after >= wanted.upTo || wanted.types?.length === 0) return [];
    try {
      return await within(
        async (ticket) =>
          await connection.call(async (client, heard) => {
            const scan = begin(client, wanted, heard);
            ticket.onExpired = () => scan.giveUp();
            try {
              return await scan.events();
            } finally {
              await scan.leave();
            }
          }),
      );
    } catch (error) {
      throw readFailure(error);
    }
  };
}

function begin(client: EventStoreClient, wanted: Wanted, heard: () => void) {
  let passed = 0n;
  const onCheckpoint = (position: bigint) => {
    heard();
    passed = position;
    seen.ring();
  };
  const after = wanted.after === 0n ? 'start' : wanted.after;
  const subscription = client.subscribe(after, { ...filterOf(wanted), onCheckpoint }, AHEAD);
  const seen = arrivals(subscription);
  return {
    giveUp: () => subscription.destroy(new LogUnavailable('no answer to a search of the log')),
    leave: async () => await seen.leave(),
    events: async () => await upToTheEnd(seen, wanted, () => passed >= wanted.upTo, heard),
  };
}

function filterOf({ tenant, types = [] }: Wanted): Filter {
  if (tenant !== undefined) return { on: 'streamName', expression: { prefixes: [`${tenant}/`] } };
  // By prefix, not by expression: what a prefix lets through in vain is left out here.
  return { on: 'eventType', expression: { prefixes: [...types] } };
}

const { signal: never } = new AbortController();

async function upToTheEnd(
  seen: Arrivals,
  wanted: Wanted,
  hasPassed: () => boolean,
  heard: () => void,
): Promise<readonly RecordedEvent[]> {
  const page = pageOf(wanted);
  for (let news = seen.news; ; news = seen.news) {
    const received = seen.take();
    if (received !== undefined) {
      heard();
      if (page.take(received)) continue;
      return page.events;
    }
    // The server says so while what it sent before may still be on its way through the stream.
    const isOver = seen.isAtEnd || hasPassed();
    if (isOver) await nextTurn();
    if (isOver && seen.news === news) return page.events;
    await seen.next(news, never);
  }
}

/** Takes what is wanted, and answers whether there may be more. */
function pageOf({ upTo, tenant, types, limit }: Wanted) {
  const events: RecordedEvent[] = [];
  let bytes = 0;
  const isWanted = ({ header }: RecordedEvent) =>
    (tenant === undefined || header.tenant === tenant) &&
    (types === undefined || types.includes(header.type));
  return {
    events,
    take: (received: ReceivedEvent): boolean => {
      const position = received.position?.commit ?? 0n;
      const event = position > upTo ? undefined : recorded(received);
      if (event !== undefined && isWanted(event)) {
        events.push(event);
        bytes += event.body.length;
      }
      return position < upTo && events.length < limit && bytes < PAGE_BYTES;
    },
  };
}
