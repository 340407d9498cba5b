import type { TestContext } from 'node:test';
import { Client } from 'pg';

/** A superuser's connection to this database, until the test ends. */
export async function superuserOn(
  t: TestContext,
  { url }: { readonly url: string },
): Promise<Client> {
  const server = new URL(process.env['TEST_DATABASE_URL']!);
  server.pathname = new URL(url).pathname;
  const client = new Client({ connectionString: server.href });
  client.on('error', () => undefined);
  await client.connect();
  t.after(async () => await client.end());
  return client;
}
