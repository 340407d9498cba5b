import { resolve } from 'node:path';
import type { Config } from '#api/config.ts';
import type { EventLog } from '#commands/ports.ts';
import { isEventStoreUrl, placeOf } from '#infra/eventstore/connection-string.ts';
import { eventStoreLog } from '#infra/eventstore/event-log.ts';
import { openHome } from '#infra/home/home.ts';
import { postgresEventLog } from '#infra/postgres/event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';

export type LogAt = {
  readonly log: EventLog;
  /** Where it is, without user and password. */
  readonly place: string;
  close(): Promise<void>;
};

export const ACCEPTED =
  'embedded, embedded:DIRECTORY, postgres://…, esdb://…, esdb+discover://… or kurrentdb://…';

const report = (message: string) => process.stderr.write(`${message}\n`);

/** Opens the log that a URL names, whatever the environment says. */
export async function logAt(url: string, config: Config): Promise<LogAt> {
  const [clock, ids] = [systemClock, systemIds];
  if (isEventStoreUrl(url)) {
    const log = await eventStoreLog({ url, clock, ids, report });
    return { log, place: placeOf(url).hosts, close: () => log.close() };
  }
  const home = await openHome(postgresOf(url, config), 'command');
  try {
    const log = await postgresEventLog({ database: home.database, clock, ids, report });
    const close = async () => {
      await log.close();
      await home.close();
    };
    return { log, place: url.startsWith('embedded') ? url : new URL(url).host, close };
  } catch (error) {
    await home.close();
    throw error;
  }
}

function postgresOf(url: string, config: Config) {
  const { home, databaseOwnerUrl, masterKey, operatorKey } = config;
  if (url === 'embedded') return { home, masterKey, operatorKey };
  const directory = /^embedded:(.+)$/.exec(url)?.[1];
  if (directory !== undefined) return { home: resolve(directory) };
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url))
    return { home, databaseUrl: url, databaseOwnerUrl, masterKey, operatorKey };
  throw new Error(`Accepted as the URL of a log: ${ACCEPTED}.`);
}
