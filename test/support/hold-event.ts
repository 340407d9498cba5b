import type { TestContext } from 'node:test';
import { until } from './process.ts';
import { superuserOn } from './superuser.ts';

/**
 * Holds the append of the next event of a type to this database's log: `reached` resolves when it
 * has come to that, and `drop` loses it, as if the machine that sent it had died before.
 */
export async function holdEvent(t: TestContext, database: { readonly url: string }, type: string) {
  const holder = await superuserOn(t, database);
  await holder.query(`
    create or replace function hold() returns trigger language plpgsql as $$
      begin perform pg_sleep(60); return new; end $$;
    create trigger hold before insert on events for each row
      when (new.type = '${type}') execute function hold()`);
  const held = `from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'`;
  return {
    reached: () => until(async () => (await holder.query(`select ${held}`)).rows.length > 0),
    drop: async () => {
      await holder.query(`select pg_terminate_backend(pid) ${held}`);
      await holder.query('drop trigger hold on events');
    },
  };
}
