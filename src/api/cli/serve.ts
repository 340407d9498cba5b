import { setTimeout as sleep } from 'node:timers/promises';
import { compose, type Composed } from '#api/compose.ts';
import { readConfig } from '#api/config.ts';
import { readServerRoles, SERVER_ROLES } from '#api/server-role.ts';
import { openHome } from '#infra/home/home.ts';
import { bannerOf } from './banner.ts';
import type { AddCommand } from './main.ts';
import { type StopRequest, stopRequest } from './stop-request.ts';

export const serveCommand: AddCommand = (program) => {
  program
    .command('serve')
    .description('run the server, and the Postgres of its home unless DATABASE_URL is set')
    .option('--roles <roles>', 'what this process does', SERVER_ROLES.join(','))
    .action(async ({ roles }: { roles: string }) => {
      const stop = stopRequest();
      const failed = await serve(roles, stop);
      // A library's forgotten timer must not keep a stopped server alive.
      process.exit(failed ? 1 : 0);
    });
};

/** What is under way may take this long; then Postgres needs the rest of the ten seconds. */
const DRAIN_MS = 5_000;

async function serve(roleNames: string, stop: StopRequest): Promise<boolean> {
  const config = readConfig(process.env);
  const roles = readServerRoles(roleNames);
  const home = await openHome(config, 'serve');
  stop.when('Postgres has ended', () => !home.postgresIsRunning());
  let composed: Composed | undefined;
  try {
    composed = await compose(config, home, roles);
    const url = await composed.start();
    await home.publish(url);
    process.stdout.write(await bannerOf({ url, home, config, demo: composed.demo }));
    const { reason, failed } = await stop.requested;
    process.stdout.write(`Stopping: ${reason}.\n`);
    return failed;
  } finally {
    await drain(composed);
    await home.close();
  }
}

async function drain(composed: Composed | undefined): Promise<void> {
  try {
    await Promise.race([composed?.stop(), sleep(DRAIN_MS)]);
  } catch (error) {
    // Postgres is to be stopped all the same.
    process.stderr.write(`Not everything could be finished: ${String(error)}\n`);
  }
}
