import { joinPostgres } from '#infra/embedded/embedded-postgres.ts';

// A process of its own that uses the Postgres of a home until it is ended (or killed).
const [home = '', secret = ''] = process.argv.slice(2);
const postgres = await joinPostgres(home, { secret });
console.log(`using ${postgres.pid}`);
process.on('SIGTERM', () => {
  postgres.leave().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
setInterval(() => undefined, 60_000);
