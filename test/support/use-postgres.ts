import { joinPostgres } from '#infra/embedded/embedded-postgres.ts';

// A process of its own that uses the Postgres of a home until it is ended (or killed).
const [home = '', secret = ''] = process.argv.slice(2);
const postgres = await joinPostgres(home, { secret });
process.on('SIGTERM', () => {
  postgres.leave().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
setInterval(() => undefined, 60_000);
// Last: who reads this may send the signal at once.
console.log(`using ${postgres.pid}`);
