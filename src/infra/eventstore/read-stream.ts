import type { EventLog } from '#commands/ports.ts';
import { ownTenant } from '#infra/log/own-tenant.ts';
import type { KnownStreams } from './known-streams.ts';
import type { EventStoreReads } from './reads.ts';
import type { TamperWatch } from './tampering.ts';

/** A stream's events, and that none is missing: a server that hides some says so in the settings. */
export function readingStream({
  reads,
  known,
  tampering,
}: {
  readonly reads: EventStoreReads;
  readonly known: KnownStreams;
  readonly tampering: TamperWatch;
}): EventLog['readStream'] {
  const read = async (stream: string, ...how: [bigint | 'end', boolean, number]) =>
    await tampering.believed(stream, reads.stream(stream, ...how));

  return async (stream, { from, direction, limit = Number.MAX_SAFE_INTEGER } = {}) => {
    ownTenant(stream);
    if (direction === 'backward')
      return await read(stream, from === undefined ? 'end' : BigInt(from), true, limit);
    const start = from ?? 0;
    const events = await read(stream, BigInt(start), false, limit);
    const first = events[0];
    if (first !== undefined && first.header.revision !== start)
      throw tampering.accuse(stream, 'its first events are gone');
    // There are no more: whoever appends next need not read how the stream ends.
    if (first !== undefined && events.length < limit) known.read(stream, events);
    return events;
  };
}
