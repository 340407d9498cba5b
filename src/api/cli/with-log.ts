import { type Config, readConfig } from '#api/config.ts';
import type { Clock, Sealer } from '#commands/ports.ts';
import { checkMasterKey } from '#infra/crypto/master-key.ts';
import type { KeyStore } from '#infra/crypto/key-store.ts';
import { aesSealer } from '#infra/crypto/sealer.ts';
import { type Home, openHome } from '#infra/home/home.ts';
import { type OpenedEventLog, openEventLog } from '#infra/log/open-event-log.ts';
import { mustFollow } from '#infra/postgres/followed-log.ts';
import { postgresKeyStore } from '#infra/postgres/key-store.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';

export type OpenedLog = {
  readonly config: Config;
  readonly home: Home;
  readonly log: OpenedEventLog;
  readonly keyStore: KeyStore;
  readonly sealer: Sealer;
  readonly clock: Clock;
};

/**
 * Opens the log of this home beside a running server, or with a Postgres of its own for the time.
 * Throws `OtherLog` where the views follow another one, unless that is what the command is for.
 */
export async function withLog<T>(
  work: (opened: OpenedLog) => Promise<T>,
  { mayBeOther = false }: { readonly mayBeOther?: boolean } = {},
): Promise<T> {
  const config = readConfig(process.env);
  const home = await openHome(config, 'command');
  try {
    const { database, masterKey } = home;
    const [clock, ids] = [systemClock, systemIds];
    const keyStore = postgresKeyStore(database);
    await checkMasterKey(keyStore, masterKey, (count) => ids.bytes(count));
    const sealer = aesSealer({ store: keyStore, masterKey, ids, clock });
    const log = await openEventLog({
      eventStoreUrl: config.eventStoreUrl,
      database,
      clock,
      ids,
      report: (message) => process.stderr.write(`${message}\n`),
    });
    try {
      if (!mayBeOther) await mustFollow(database, log.logId);
      return await work({ config, home, log, keyStore, sealer, clock });
    } finally {
      await log.close();
    }
  } finally {
    await home.close();
  }
}
