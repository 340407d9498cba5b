import type { TestContext } from 'node:test';
import { Client } from 'pg';

/** Keeps every append to this database's log waiting until the returned function is called. */
export async function holdCounter(
  t: TestContext,
  { url }: { readonly url: string },
): Promise<() => Promise<void>> {
  const server = new URL(process.env['TEST_DATABASE_URL']!);
  server.pathname = new URL(url).pathname;
  const holder = new Client({ connectionString: server.href });
  holder.on('error', () => undefined);
  await holder.connect();
  t.after(async () => await holder.end());
  await holder.query('begin');
  await holder.query('select from log_head for update');
  return async () => {
    await holder.query('rollback');
  };
}
