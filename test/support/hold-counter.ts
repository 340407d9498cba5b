import type { TestContext } from 'node:test';
import { superuserOn } from './superuser.ts';

/** Keeps every append to this database's log waiting until the returned function is called. */
export async function holdCounter(
  t: TestContext,
  database: { readonly url: string },
): Promise<() => Promise<void>> {
  const holder = await superuserOn(t, database);
  await holder.query('begin');
  await holder.query('select from log_head for update');
  return async () => {
    await holder.query('rollback');
  };
}
