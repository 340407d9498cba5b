import { type TestContext } from 'node:test';
import { type PostgresEventLogOptions, postgresEventLog } from '#infra/postgres/event-log.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { eventLogContract } from '#test/contracts/event-log.contract.ts';
import { freshDatabase } from '#test/support/database.ts';

eventLogContract('postgres', async (t) => {
  const database = await freshDatabase(t);
  const reopen = async () => await openLog(t, { database });
  return { log: await reopen(), reopen };
});

async function openLog(
  t: TestContext,
  options: Partial<PostgresEventLogOptions> & Pick<PostgresEventLogOptions, 'database'>,
) {
  const log = await postgresEventLog({ clock: systemClock, ids: systemIds, ...options });
  t.after(async () => await log.close());
  return log;
}
