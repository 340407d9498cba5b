import { LRUCache } from 'lru-cache';
import { type Clock, LogTampered } from '#commands/ports.ts';
import { arrivals } from './arrivals.ts';
import type { Filter, ReceivedEvent } from './client.ts';
import type { Connection } from './connection.ts';
import { StreamGone } from './failure.ts';
import type { EventStoreReads } from './reads.ts';
import { isOurs } from './recorded.ts';

const MOST_STREAMS = 100_000;
const PAUSE_MS = 1_000;

/** What makes a server hide or remove events. We never set any of them, and we never delete. */
const hides = ['$tb', '$maxCount', '$maxAge'] as const;

const filter: Filter = {
  on: 'eventType',
  expression: { prefixes: ['$metadata', '$streamDeleted'] },
};

/**
 * Knows which of our streams somebody has deleted, truncated or set to lose events. A stream's
 * settings are read before its events are believed for the first time, and watched from then on.
 */
export async function tamperWatch(
  { connection, reads, clock }: { connection: Connection; reads: EventStoreReads; clock: Clock },
  alert: (message: string) => void,
) {
  const clean = new LRUCache<string, true>({ max: MOST_STREAMS });
  const tampered = new Map<string, string>();
  const stop = new AbortController();

  const accuse = (stream: string, what: string): LogTampered => {
    if (!tampered.has(stream)) alert(`${stream} was tampered with: ${what}.`);
    tampered.set(stream, what);
    clean.delete(stream);
    return new LogTampered(`${stream} was tampered with: ${what}.`);
  };

  const look = ({ streamId, type, data }: ReceivedEvent) => {
    if (type === '$streamDeleted') {
      if (isOurs(streamId)) accuse(streamId, 'it was deleted for ever');
      return;
    }
    const stream = streamId.slice(2);
    const found = streamId.startsWith('$$') && isOurs(stream) ? hiding(data) : undefined;
    if (found !== undefined) accuse(stream, found);
  };

  /** From where the log ended when this process opened it: what was set before is read by `check`. */
  const watch = async (from: bigint): Promise<void> => {
    for (let after = from; !stop.signal.aborted;) {
      const client = await connection.client();
      const seen = arrivals(client.subscribe(after === 0n ? 'start' : after, filter, 16));
      try {
        while (!stop.signal.aborted) {
          const news = seen.news;
          const event = seen.take();
          if (event === undefined) await seen.next(news, stop.signal);
          else {
            look(event);
            after = event.position?.commit ?? after;
          }
        }
      } catch {
        // Whoever reads or appends hears of the outage.
        await clock.sleep(PAUSE_MS, stop.signal);
      } finally {
        await seen.leave();
      }
    }
  };
  const watching = watch(await reads.head('anybody'));

  const checkKnown = (stream: string): void => {
    const known = tampered.get(stream);
    if (known !== undefined) throw accuse(stream, known);
  };

  /** Throws `LogTampered` when events of this stream may be missing. */
  const check = async (stream: string): Promise<void> => {
    checkKnown(stream);
    if (clean.has(stream)) return;
    const found = hiding(await reads.newest(`$$${stream}`));
    if (found !== undefined) throw accuse(stream, found);
    clean.set(stream, true);
  };

  return {
    /** What `read` reads of this stream, once its settings say that it is all there. */
    believed: async <T>(stream: string, read: Promise<T>): Promise<T> => {
      const [settings, events] = await Promise.allSettled([check(stream), read]);
      if (settings.status === 'rejected') throw settings.reason;
      if (events.status === 'fulfilled') return events.value;
      if (!(events.reason instanceof StreamGone)) throw events.reason;
      throw accuse(stream, 'it was deleted for ever');
    },
    /** Throws `LogTampered` for what is known without asking. */
    checkKnown,
    accuse,
    close: async () => {
      stop.abort();
      await watching;
    },
  };
}

export type TamperWatch = Awaited<ReturnType<typeof tamperWatch>>;

function hiding(settings: unknown): string | undefined {
  const found = hides.filter((name) => Object.hasOwn(Object(settings), name));
  return found.length === 0 ? undefined : `${found.join(' and ')} hides events of it`;
}
