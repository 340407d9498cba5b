import { once } from 'node:events';
import { Client } from 'pg';
import type { Clock, Ids } from '#commands/ports.ts';
import { type Bell, bell } from '#infra/log/bell.ts';

export type Notifications = {
  readonly bell: Bell;
  /** The last position that others were heard of. */
  newest(): bigint;
  /** LISTENs from the first call on. Resolves when it is known whether notifications arrive. */
  ready(): Promise<void>;
  /** An append of this process has been answered: what came before the answer is known now. */
  answered(): void;
  /** How long a follower may sleep without looking, in milliseconds. */
  patience(): number;
  close(): Promise<void>;
};

type Options = {
  readonly url: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly report: (message: string) => void;
  /** Whether followers were told of this position already. */
  readonly isKnown: (position: bigint) => boolean;
  /** Whether an append of this process is on its way, the answer to which may tell of it. */
  readonly isAppending: () => boolean;
};

/** With notifications a look at the log is only for the case that one was lost. */
const LISTENING_MS = 5_000;
const POLLING_MS = 50;
const PROBE_MS = 2_000;
const CHANNEL = 'palimpsest_events';
const POSITION = /^\d{1,18}$/;

/** Rings when something was committed: by LISTEN where sessions are real, else followers poll. */
export function notifications(options: Options): Notifications {
  const { url, clock, ids, report, isKnown, isAppending } = options;
  const rung = bell();
  const closing = new AbortController();
  const closed = once(closing.signal, 'abort');
  let listening = false;
  let newest = 0n;
  let first: Promise<void> | undefined;
  let running: Promise<void> | undefined;

  /** One connection from LISTEN to its loss. */
  async function session(decided: () => void): Promise<void> {
    const client = new Client({
      connectionString: url,
      connectionTimeoutMillis: PROBE_MS,
      keepAlive: true,
    });
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve());
      client.on('end', () => resolve());
    });
    try {
      await client.connect();
      listening = await probe(client);
      // Whatever was committed while nobody listened is read now.
      rung.ring();
      decided();
      if (!listening) {
        report('LISTEN/NOTIFY does not work here (a transaction pooler?): followers poll instead.');
        await closed;
      } else await Promise.race([lost, closed]);
    } finally {
      listening = false;
      await client.end().catch(() => undefined);
    }
  }

  /** Heard while an append of our own was on its way: it may come before the answer to that. */
  const doubtful = new Set<bigint>();

  function hear(position: bigint): void {
    if (isAppending()) doubtful.add(position);
    else tell(position);
  }

  function tell(position: bigint): void {
    if (isKnown(position)) return;
    if (position > newest) newest = position;
    rung.ring();
  }

  function hearAgain(): void {
    const positions = [...doubtful];
    doubtful.clear();
    for (const position of positions) tell(position);
  }

  /** A message to ourselves: through a transaction pooler it does not come back. */
  async function probe(client: Client): Promise<boolean> {
    const token = `probe ${ids.uuid()}`;
    const heard = new AbortController();
    let back = false;
    client.on('notification', ({ payload }) => {
      if (payload === token) {
        back = true;
        heard.abort();
      } else if (payload === undefined || !POSITION.test(payload)) rung.ring();
      else hear(BigInt(payload));
    });
    await client.query(`listen ${CHANNEL}`);
    await client.query('select pg_notify($1, $2)', [CHANNEL, token]);
    await clock.sleep(PROBE_MS, heard.signal);
    return back;
  }

  async function run(decided: () => void): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; failures++) {
      try {
        await session(() => {
          failures = 0;
          decided();
        });
      } catch (error) {
        report(`Cannot listen for new events, followers poll: ${String(error)}`);
      }
      decided();
      await clock.sleep(ids.random() * Math.min(50 * 2 ** failures, 5_000), closing.signal);
    }
  }

  return {
    bell: rung,
    answered: () => {
      // A turn later: of those that were appended together each tells of itself.
      if (doubtful.size > 0) setImmediate(hearAgain);
    },
    newest: () => newest,
    ready: async () => {
      first ??= new Promise((resolve) => {
        running = run(resolve);
      });
      await first;
    },
    patience: () => (listening ? LISTENING_MS : POLLING_MS),
    close: async () => {
      closing.abort();
      await running;
    },
  };
}
