import type { Clock, EventLog, Ids } from '#commands/ports.ts';
import { eventStoreLog } from '#infra/eventstore/event-log.ts';
import type { Database } from '#infra/postgres/database.ts';
import { postgresEventLog } from '#infra/postgres/event-log.ts';
import { postgresStoredPages } from '#infra/postgres/stored-log.ts';
import { type StoredPages, storedPagesOf } from './stored-pages.ts';

/** A log of record, with what only those need who look after it. */
export type OpenedEventLog = EventLog & {
  readonly storedPages: StoredPages;
  /** Positions are 1, 2, 3 …: the newest one counts the events, and a hole says that one is gone. */
  readonly isGapFree: boolean;
  close(): Promise<void>;
};

/** EventStoreDB where a URL names one, else the database. Throws what the adapters throw. */
export async function openEventLog(options: {
  readonly eventStoreUrl: string | undefined;
  readonly database: Database;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly report: (message: string) => void;
}): Promise<OpenedEventLog> {
  const { eventStoreUrl: url, database, ...ports } = options;
  if (url === undefined) {
    const log = await postgresEventLog({ database, ...ports });
    return { ...log, storedPages: postgresStoredPages(database), isGapFree: true };
  }
  const log = await eventStoreLog({ url, ...ports });
  return { ...log, storedPages: storedPagesOf(log), isGapFree: false };
}
