import { Client } from 'pg';
import type { Clock } from '#commands/ports.ts';
import type { Verdict } from '#infra/log/appending.ts';
import type { CheckedAppend } from '#infra/log/checked-append.ts';
import { patience } from '#infra/log/patience.ts';
import { APPEND, type VerdictRow, batchParameters, verdictOf } from './batch.ts';
import { isOutage, isPreparedElsewhere } from './outage.ts';

/** What became of a batch. After `unknown` it may have been committed, or may be yet. */
export type Sent =
  | { readonly outcome: 'decided'; readonly verdicts: readonly Verdict[] }
  | { readonly outcome: 'not-sent' | 'unknown' | 'failed'; readonly error: unknown };

export type Wire = {
  /** Never throws. A connection that is free is written to before this returns. */
  send(batch: readonly CheckedAppend[]): Promise<Sent>;
  close(): Promise<void>;
};

const CONNECT_WITHIN_MS = 2_000;
/** After this long without an answer the connection is given up: it may be half open. */
const ANSWER_WITHIN_MS = 3_000;

/**
 * Sends a batch to Postgres in one round trip, which is one transaction. Connections of its own:
 * an append must not wait until a slow read gives one back.
 */
export function postgresWire(url: string, clock: Clock): Wire {
  const open = new Set<Client>();
  const free: Client[] = [];
  let name: { readonly name?: string } = { name: 'append_events' };

  async function connect(): Promise<Client> {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: CONNECT_WITHIN_MS,
      keepAlive: true,
    });
    // A break fails the query of that moment; unheard, it would end the process.
    client.on('error', () => forget(client));
    client.on('end', () => forget(client));
    await client.connect();
    open.add(client);
    return client;
  }

  function forget(client: Client): void {
    open.delete(client);
    const index = free.indexOf(client);
    if (index >= 0) free.splice(index, 1);
    void client.end().catch(() => undefined);
  }

  const within = patience(clock, { ms: ANSWER_WITHIN_MS, most: Infinity });

  async function answerOf(client: Client, batch: readonly CheckedAppend[]): Promise<Verdict[]> {
    const asked = { ...name, text: APPEND, values: batchParameters(batch) };
    const { rows } = await within(async () => await client.query<VerdictRow>(asked));
    return rows.map(verdictOf);
  }

  return {
    send: async (batch) => {
      let client = free.pop();
      try {
        client ??= await connect();
      } catch (error) {
        return { outcome: 'not-sent', error };
      }
      try {
        const verdicts = await answerOf(client, batch);
        free.push(client);
        return { outcome: 'decided', verdicts };
      } catch (error) {
        forget(client);
        // Behind an old transaction pooler: not executed, so it is repeated, and parsed every time.
        if (isPreparedElsewhere(error)) name = {};
        return {
          outcome: isOutage(error) || isPreparedElsewhere(error) ? 'unknown' : 'failed',
          error,
        };
      }
    },
    close: async () => {
      await Promise.all([...open].map(async (client) => await client.end()));
    },
  };
}
