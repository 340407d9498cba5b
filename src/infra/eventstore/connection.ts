import { type Clock, LogUnavailable } from '#commands/ports.ts';
import type { Connect, EventStoreClient } from './client.ts';

/** With calls under way and not a word from the server for so long, the connection may be half open. */
const SILENCE_MS = 4_000;
const WATCH_MS = 1_000;
/** A client that has calls with anything unread does not end by itself. */
const END_WITHIN_MS = 2_000;
/** A keep-alive of the library's own default, in milliseconds. */
const KEEP_ALIVE_MS = 10_000;

/**
 * The one client of this process. `@eventstore/db-client` shares the state of appends among all
 * clients of a process, so that the end of one takes the appends of all others with it.
 */
export type Connection = {
  /** Runs a call. Whoever gets an answer, or a part of one, says so through `heard`. */
  call<T>(work: (client: EventStoreClient, heard: () => void) => Promise<T>): Promise<T>;
  /** The client of this moment, for calls that may be silent for long. */
  client(): Promise<EventStoreClient>;
  close(): Promise<void>;
};

export function openConnection(connect: Connect, url: string, clock: Clock): Connection {
  let current = connect(url);
  let replaced = 0;
  let underWay = 0;
  let wasHeard = false;
  let watching = false;

  const isBusy = () => underWay > 0;
  const heard = () => {
    wasHeard = true;
  };

  const end = async (client: EventStoreClient | undefined) => {
    const ended = new AbortController();
    await Promise.race([client?.dispose(), clock.sleep(END_WITHIN_MS, ended.signal)]);
    ended.abort(null);
  };

  /** Ends the client and every call on it, and makes the next one after that, never beside it. */
  const replace = () => {
    replaced += 1;
    const next = `${url}${url.includes('?') ? '&' : '?'}keepAliveInterval=${KEEP_ALIVE_MS + replaced}`;
    const ended = current.then(end).catch(() => undefined);
    // Connections with the same settings are shared, and this one must be another.
    current = ended.then(async () => await connect(/keepAliveInterval/i.test(url) ? url : next));
    current.catch(() => undefined);
  };

  const watch = async () => {
    watching = true;
    for (let quietMs = 0; isBusy();) {
      await clock.sleep(WATCH_MS);
      quietMs = wasHeard ? 0 : quietMs + WATCH_MS;
      wasHeard = false;
      if (quietMs < SILENCE_MS) continue;
      replace();
      quietMs = 0;
    }
    watching = false;
  };

  return {
    client: async () => await current,
    call: async (work) => {
      underWay += 1;
      if (!watching) void watch();
      try {
        const client = await current;
        const before = replaced;
        const answer = await work(client, heard);
        // A read that was ended with its client looks like one that came to its end.
        if (replaced !== before) throw new LogUnavailable('its connection was given up');
        return answer;
      } finally {
        underWay -= 1;
      }
    },
    close: async () => {
      replaced += 1;
      await end(await current.catch(() => undefined));
    },
  };
}
