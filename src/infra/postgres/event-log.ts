import type { Pool } from 'pg';
import {
  type Clock,
  type EventLog,
  type Ids,
  LogTampered,
  LogUnavailable,
} from '#commands/ports.ts';
import type { RecordedEvent, StoredEvent } from '#domain/event.ts';
import { parseHeader } from '#domain/header.ts';
import { appending } from '#infra/log/appending.ts';
import { follow } from '#infra/log/follow.ts';
import { ownTenant, refuseOthers } from '#infra/log/own-tenant.ts';
import { patience } from '#infra/log/patience.ts';
import { tenantOrUndefined } from '#infra/tenancy/tenant-context.ts';
import type { Database } from './database.ts';
import { notifications } from './event-log/notifications.ts';
import { reading } from './event-log/outage.ts';
import { OwnAppends } from './event-log/own-appends.ts';
import { sequencer } from './event-log/sequencer.ts';
import { postgresWire } from './event-log/wire.ts';

export type PostgresEventLogOptions = {
  readonly database: Pick<Database, 'logPool' | 'directUrl'>;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Told, in a sentence, what an operator should know: polling instead of LISTEN, outages. */
  readonly report?: (message: string) => void;
  /** How long an append may take before its caller is told `LogUnavailable`, in milliseconds. */
  readonly deadlineMs?: number;
  /** How many appends may wait before the next one is told `LogUnavailable`. */
  readonly maxWaiting?: number;
};

export type PostgresEventLog = EventLog & { close(): Promise<void> };

type Row = { readonly header: string; readonly body: Buffer; readonly position: string };

const READ_STREAM = 'select * from read_stream($1, $2, $3, $4, $5)';
const READ_LOG = 'select * from read_log($1, $2, $3, $4, $5, $6)';
const NO_LIMIT = 2n ** 63n - 1n;
/** Of bodies, in one answer of `readAll`: large events must not add up to a large memory. */
const PAGE_BYTES = 4_000_000;

/** The log as a Postgres table (migrations/0002). */
export async function postgresEventLog(
  options: PostgresEventLogOptions,
): Promise<PostgresEventLog> {
  const { database, clock, ids, report = () => undefined } = options;
  const wire = postgresWire(database.directUrl, clock);
  const own = new OwnAppends();
  /** How far the follower of this process has come. */
  let followed = 0n;
  /** Appends that were not answered yet. */
  let underWay = 0;
  const bells = notifications({
    url: database.directUrl,
    clock,
    ids,
    report,
    isKnown: (position) => own.has(position),
    isAppending: () => underWay > 0,
  });

  const toPostgres = sequencer(wire, clock);
  const tell = (events: readonly StoredEvent[], position: bigint) => {
    own.keep(events, position);
    if (position > followed) bells.bell.ring();
  };

  const rows = async (text: string, values: unknown[]): Promise<RecordedEvent[]> =>
    (await reading(async () => await database.logPool.query<Row>(text, values))).rows.map(recorded);

  const readStream: EventLog['readStream'] = async (stream, read = {}) => {
    const backward = read.direction === 'backward';
    const from = read.from ?? (backward ? NO_LIMIT : 0);
    return await rows(READ_STREAM, [ownTenant(stream), stream, from, backward, read.limit ?? null]);
  };

  const readAll: EventLog['readAll'] = async ({ after, upTo = NO_LIMIT, tenant, types, limit }) => {
    refuseOthers(tenant);
    return await rows(READ_LOG, [tenant ?? null, types ?? null, after, upTo, limit, PAGE_BYTES]);
  };

  const head = async (): Promise<bigint> => (await logHead(database.logPool)).position;

  const { logId } = await logHead(database.logPool);

  return {
    logId,
    readStream,
    readAll,
    head,
    append: appending({
      sequencer: {
        submit: async (append, ticket) => {
          underWay += 1;
          try {
            const verdict = await toPostgres.submit(append, ticket);
            // Before its caller hears of it.
            if (verdict.kind === 'appended') tell(append.events, verdict.position);
            return verdict;
          } finally {
            underWay -= 1;
            bells.answered();
          }
        },
      },
      within: patience(clock, {
        ms: options.deadlineMs ?? 10_000,
        most: options.maxWaiting ?? 4_096,
      }),
      readTip: async (stream) => {
        const [last] = await readStream(stream, { direction: 'backward', limit: 1 });
        return { revision: last?.header.revision ?? -1, recordedAt: last?.header.recordedAt };
      },
      clock,
      ids,
    }),
    at: async (position) => {
      const [event] = await rows(READ_LOG, [null, null, position - 1n, position, 1, PAGE_BYTES]);
      const running = tenantOrUndefined();
      return running === undefined || running === event?.header.tenant ? event : undefined;
    },
    follow: async function* (from) {
      await bells.ready();
      const outliving = outlive(clock, ids, report);
      yield* follow(
        {
          bell: bells.bell,
          patience: () => bells.patience(),
          clock,
          head: async (signal) => (await outliving(head, signal)) ?? from.after,
          read: async (after, limit, signal) => {
            const ours = own.behind(after, limit);
            followed = ours.at(-1)?.position ?? after;
            if (ours.length > 0) return { events: ours, more: bells.newest() > followed };
            const page = [null, null, after, NO_LIMIT, limit, PAGE_BYTES];
            const events = (await outliving(async () => await rows(READ_LOG, page), signal)) ?? [];
            followed = events.at(-1)?.position ?? after;
            return { events: withoutGap(after, events), more: events.length > 0 };
          },
        },
        from,
      );
    },
    close: async () => {
      await Promise.all([bells.close(), wire.close()]);
    },
  };
}

function recorded({ header, body, position }: Row): RecordedEvent {
  // A copy: `pg` hands out windows on what came from the socket, and whoever keeps a body of a few
  // bytes would keep 64 kB with it.
  return { header: parseHeader(header), body: new Uint8Array(body), position: BigInt(position) };
}

async function logHead(pool: Pool): Promise<{ logId: string; position: bigint }> {
  const { rows } = await reading(
    async () =>
      await pool.query<{ log_id: string; position: string }>(
        'select log_id, position from read_head()',
      ),
  );
  const head = rows[0];
  if (head === undefined) throw new LogTampered('log_head is empty: this is no log of ours.');
  return { logId: head.log_id, position: BigInt(head.position) };
}

/** Positions of this log are gap-free: a gap means that events were taken out. */
function withoutGap(after: bigint, events: readonly RecordedEvent[]): readonly RecordedEvent[] {
  const last = events.at(-1);
  if (last !== undefined && last.position !== after + BigInt(events.length))
    throw new LogTampered(
      `Events are missing between the positions ${after} and ${last.position}.`,
    );
  return events;
}

/** Repeats a read until Postgres is back. `undefined` when `signal` aborts meanwhile. */
function outlive(clock: Clock, ids: Ids, report: (message: string) => void) {
  return async <T>(read: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> => {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await read();
      } catch (error) {
        if (!(error instanceof LogUnavailable)) throw error;
        if (failures === 0) report(`A follower waits: ${error.message}`);
        await clock.sleep(ids.random() * Math.min(100 * 2 ** failures, 2_000), signal);
      }
    }
    return undefined;
  };
}
