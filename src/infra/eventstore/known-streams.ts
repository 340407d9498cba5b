import { LRUCache } from 'lru-cache';
import type { EventHeader, RecordedEvent, StoredEvent } from '#domain/event.ts';

/** What an append is held against, of an event that is in the log. */
export type KnownEvent = Pick<
  EventHeader,
  'id' | 'commandId' | 'commandIndex' | 'recordedAt' | 'revision'
> & {
  /** Of an append of several events the server tells that of the last one only. */
  readonly position: bigint | undefined;
};

/** A stream's newest events, oldest first, up to where it ended when this process last looked. */
export type Tail = readonly KnownEvent[];

/** How many events back a second outcome of a command is recognised, where the fold did not. */
export const TAIL_EVENTS = 32;
const MOST_STREAMS = 2_000;

/** How streams end, as far as this process has read or written them. May be behind, never ahead. */
export function knownStreams() {
  const tails = new LRUCache<string, KnownEvent[]>({ max: MOST_STREAMS });

  return {
    tail: (stream: string): Tail | undefined => tails.get(stream),
    /** `events` are the last ones there are. */
    read: (stream: string, events: readonly RecordedEvent[]): Tail => {
      const tail = events.slice(-TAIL_EVENTS).map(knownEvent);
      tails.set(stream, tail);
      return tail;
    },
    appended: (stream: string, events: readonly StoredEvent[], position: bigint): void => {
      const known = tails.get(stream);
      const first = events[0]!.header.revision;
      const joins = known !== undefined && known.at(-1)?.revision === first - 1;
      const tail = joins ? known : [];
      for (const event of events)
        tail.push(
          knownEvent({ ...event, position: event === events.at(-1) ? position : undefined }),
        );
      // Cut back now and then, not with every event.
      if (tail.length > 2 * TAIL_EVENTS) tail.splice(0, tail.length - TAIL_EVENTS);
      if (!joins) tails.set(stream, tail);
    },
  };
}

export type KnownStreams = ReturnType<typeof knownStreams>;

const knownEvent = ({
  header: { id, commandId, commandIndex, recordedAt, revision },
  position,
}: StoredEvent & { readonly position: bigint | undefined }): KnownEvent => ({
  id,
  commandId,
  commandIndex,
  recordedAt,
  revision,
  position,
});
