import { type Clock, LogTampered, LogUnavailable } from '#commands/ports.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { patience } from '#infra/log/patience.ts';
import type { EventStoreClient, Place, Reading } from './client.ts';
import type { Connection } from './connection.ts';
import { failureOf, readFailure } from './failure.ts';
import { isOurs, recorded } from './recorded.ts';

/** The library sets no deadline for reads. */
const DEADLINE_MS = 10_000;
const MOST_READS = 4_096;
/** Of bodies, in one answer of a read of the whole log. */
const PAGE_BYTES = 4_000_000;
/** When looking for our newest event among the server's own and others'. */
const MOST_AT_ONCE = 4_096;

export type AllPage = {
  /** Ours, in order. */
  readonly events: readonly RecordedEvent[];
  /** Where the next page begins (exclusive); `undefined` at the end of the log. */
  readonly next: bigint | undefined;
};

/** Single reads, each with a deadline. They throw `LogUnavailable` and `LogTampered`. */
export function eventStoreReads(connection: Connection, clock: Clock) {
  const within = patience(clock, { ms: DEADLINE_MS, most: MOST_READS });

  /** The last read had no answer. Until one has, they go one at a time, and nobody waits in line. */
  let isAway = false;
  let isAsked = false;

  const unlessAway = async <T>(read: () => Promise<T>): Promise<T> => {
    if (isAway && isAsked) throw new LogUnavailable('it has not answered');
    isAsked = true;
    try {
      const answer = await read();
      isAway = false;
      return answer;
    } catch (error) {
      isAway = failureOf(error) === 'unknown' && !(error instanceof LogTampered);
      throw error;
    } finally {
      isAsked = false;
    }
  };

  /** Hands over what is read until `take` answers false. Answers false for a stream that is not there. */
  const each = async (
    begin: (client: EventStoreClient) => Reading,
    take: (event: NonNullable<Parameters<typeof recorded>[0]>) => boolean,
  ): Promise<boolean> => {
    try {
      return await unlessAway(() =>
        within(
          async (ticket) =>
            await connection.call(async (client, heard) => {
              const reading = begin(client);
              ticket.onExpired = () => reading.cancel();
              await reading.each((event) => {
                heard();
                return take(event);
              });
              heard();
              return true;
            }),
        ),
      );
    } catch (error) {
      if (failureOf(error) === 'not-found') return false;
      throw readFailure(error);
    }
  };

  return {
    /** A stream's events; `[]` when it is not there. */
    stream: async (stream: string, from: Place, backward: boolean, count: number) => {
      const events: RecordedEvent[] = [];
      await each(
        (client) => client.readStream(stream, from, backward, count),
        (received) => {
          const event = recorded(received);
          if (event !== undefined) events.push(event);
          return true;
        },
      );
      return events;
    },

    /** The newest event of a stream that is not ours, such as the settings of one of ours. */
    newest: async (stream: string): Promise<unknown> => {
      let data: unknown;
      await each(
        (client) => client.readStream(stream, 'end', true, 1),
        (event) => {
          data = event.data;
          return true;
        },
      );
      return data;
    },

    /** What is in the log after a position that an event has, in pages of at most `count` events. */
    all: async (after: bigint, count: number): Promise<AllPage> => {
      const events: RecordedEvent[] = [];
      let [received, bytes, last] = [0, 0, after];
      // Reads include where they begin.
      const wanted = after === 0n ? count : count + 1;
      await each(
        (client) => client.readAll(after === 0n ? 'start' : after, false, wanted),
        (one) => {
          received += 1;
          last = one.position?.commit ?? last;
          const event = last > after ? recorded(one) : undefined;
          if (event !== undefined) events.push(event);
          bytes += event?.body.length ?? 0;
          return bytes < PAGE_BYTES;
        },
      );
      const isEnd = received < wanted && bytes < PAGE_BYTES;
      return { events, next: isEnd ? undefined : last };
    },

    at: async (position: bigint): Promise<RecordedEvent | undefined> => {
      let found: RecordedEvent | undefined;
      try {
        await each(
          (client) => client.readAll(position, false, 1),
          (event) => {
            found = event.position?.commit === position ? recorded(event) : undefined;
            return true;
          },
        );
      } catch (error) {
        if (!(error instanceof LogTampered)) throw error;
      }
      return found;
    },

    /** Position of our newest event, or of the newest of all (`whose`); 0n when there is none. */
    head: async (whose: 'ours' | 'anybody'): Promise<bigint> => {
      let from: Place = 'end';
      for (let count = 1; ; count = Math.min(count * 16, MOST_AT_ONCE)) {
        let [received, head, oldest] = [0, 0n, 0n];
        await each(
          (client) => client.readAll(from, true, count),
          ({ streamId, position }) => {
            received += 1;
            oldest = position?.commit ?? oldest;
            if (whose === 'anybody' || isOurs(streamId)) head = oldest;
            return head === 0n;
          },
        );
        if (head > 0n || received < count) return head;
        from = oldest;
      }
    },
  };
}

export type EventStoreReads = ReturnType<typeof eventStoreReads>;
