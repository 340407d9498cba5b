import { type Clock, type Ids, LogUnavailable } from '#commands/ports.ts';
import type { Connect } from './client.ts';
import { type Connection, openConnection } from './connection.ts';
import { placeOf } from './connection-string.ts';
import { connectEventStore } from './db-client.ts';
import { identityOf } from './identity.ts';
import { connectKurrent } from './kurrent-client.ts';
import { type EventStoreReads, eventStoreReads } from './reads.ts';

const OPEN_WITHIN_MS = 15_000;
const PAUSE_MS = 500;

type OpenPorts = {
  readonly url: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly report?: (message: string) => void;
  readonly openWithinMs?: number;
};

/** Connects, and finds out which log it is. Waits for a server that is only starting. */
export async function openLog(options: OpenPorts): Promise<{
  readonly connection: Connection;
  readonly reads: EventStoreReads;
  readonly logId: string;
}> {
  const { url, clock, ids, report = () => undefined, openWithinMs = OPEN_WITHIN_MS } = options;
  const { scheme, hosts } = placeOf(url);
  const connection = openConnection(clientFor(scheme), url, clock);
  const reads = eventStoreReads(connection, clock);
  try {
    await connection.client();
    const until = clock.now().getTime() + openWithinMs;
    for (let attempts = 0; ; attempts++) {
      try {
        return { connection, reads, logId: await identityOf(connection, reads, () => ids.uuid()) };
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        if (clock.now().getTime() >= until || isFinal(error)) throw explained(error, hosts);
        if (attempts === 0) report(`Waiting for the event log at ${hosts}: ${error.message}`);
        await clock.sleep(PAUSE_MS);
      }
    }
  } catch (error) {
    await connection.close();
    throw error;
  }
}

const clientFor = (scheme: string): Connect =>
  scheme.startsWith('kurrentdb') ? connectKurrent : connectEventStore;

/** Waiting does not make a certificate valid, nor a password right. */
const final = /credentials|certificate|self.signed|SSL|TLS|EPROTO|wrong version/i;
const isFinal = (error: LogUnavailable): boolean => final.test(error.message);

function explained(error: LogUnavailable, hosts: string): LogUnavailable {
  const why = error.message.replace(/^The event log is unavailable: /, '');
  const hint = /credentials/.test(why)
    ? 'check USER:PASSWORD in its URL'
    : 'check host and port, `tls=false` for a server without TLS, or `tlsCAFile` for one with its own authority';
  const told = `no log could be opened at ${hosts} (${why}); ${hint}`;
  return new LogUnavailable(told, { cause: error });
}
