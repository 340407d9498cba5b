import { readConfig } from '#api/config.ts';
import { openHome } from '#infra/home/home.ts';
import type { AddCommand } from './main.ts';

export const migrateCommand: AddCommand = (program) => {
  program
    .command('migrate')
    .description('bring the database to this version, as every start of a server does')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const home = await openHome(readConfig(process.env), 'command');
      try {
        print(home.migrated, json === true);
      } finally {
        await home.close();
      }
    });
};

function print(applied: readonly string[], asJson: boolean) {
  if (asJson) console.log(JSON.stringify({ applied }));
  else if (applied.length === 0) console.log('The database is up to date.');
  else for (const name of applied) console.log(`applied ${name}`);
}
