import type { Clock, EventLog } from '#commands/ports.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { refuseOthers } from '#infra/log/own-tenant.ts';
import type { Connection } from './connection.ts';
import type { EventStoreReads } from './reads.ts';
import { scanning } from './scan.ts';

const PAGE_BYTES = 4_000_000;

/** The log in commit order: of all by reading, of one tenant or some types by a search. */
export function readingAll(ports: {
  readonly connection: Connection;
  readonly reads: EventStoreReads;
  readonly clock: Clock;
}): EventLog['readAll'] {
  const { connection, reads, clock } = ports;
  const scan = scanning(connection, clock);

  return async (wanted) => {
    refuseOthers(wanted.tenant);
    if (wanted.tenant !== undefined || wanted.types !== undefined) {
      const upTo = wanted.upTo ?? (await reads.head('ours'));
      return await scan({ ...wanted, upTo });
    }
    return await readEverybody(reads, wanted);
  };
}

/** Reads on where a page holds nothing but other people's events. */
async function readEverybody(
  reads: EventStoreReads,
  { after, upTo, limit }: Parameters<EventLog['readAll']>[0],
): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  let bytes = 0;
  for (let from = after; events.length < limit && bytes < PAGE_BYTES;) {
    const page = await reads.all(from, limit - events.length);
    for (const event of page.events) {
      if (upTo !== undefined && event.position > upTo) return events;
      events.push(event);
      bytes += event.body.length;
    }
    if (page.next === undefined) break;
    from = page.next;
  }
  return events;
}
