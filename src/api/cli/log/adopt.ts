import type { Command } from 'commander';
import { withLog } from '#api/cli/with-log.ts';
import { adoptLog } from '#infra/postgres/adopt-log.ts';

export const adoptCommand = (log: Command): void => {
  log
    .command('adopt')
    .description(
      'after a copy: let views, snapshots and reactions follow the log that is configured now, from its first event. No server may run; the next start builds every view',
    )
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: true }) => {
      const outcome = await withLog(
        async ({ home, log, clock }) => {
          if (home.serverUrl !== undefined)
            throw new Error(`A server runs on this home, at ${home.serverUrl}. Stop it first.`);
          const adopted = await adoptLog(home.database, log.logId, clock.now());
          return { logId: log.logId, ...adopted };
        },
        { mayBeOther: true },
      );
      const { logId, builds, snapshots, reactions } = outcome;
      process.stdout.write(
        json
          ? `${JSON.stringify(outcome)}\n`
          : `Log ${logId} is followed from now on: ${builds} views will be built anew, ${snapshots} snapshots were dropped, ${reactions} reactions begin again.\n`,
      );
    });
};
