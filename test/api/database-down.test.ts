import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { isDatabaseDown } from '#api/database-down.ts';

/** What a query on a connection that broke, or was closed, says. */
async function refusalAfter(breaking: (client: Client) => Promise<unknown>): Promise<unknown> {
  const client = new Client({ connectionString: process.env['TEST_DATABASE_URL'] });
  client.on('error', () => undefined);
  await client.connect();
  await breaking(client);
  return await client.query('select 1').then(
    () => assert.fail('the connection still works'),
    (error: unknown) => error,
  );
}

test('a query on a connection that broke says that the database is down', async () => {
  const error = await refusalAfter(
    async (client) =>
      await client.query('select pg_terminate_backend(pg_backend_pid())').catch(() => undefined),
  );
  assert.ok(isDatabaseDown(error), String(error));
});

test('a query on a connection that was closed says that the database is down', async () => {
  const error = await refusalAfter(async (client) => await client.end());
  assert.ok(isDatabaseDown(error), String(error));
});

test('a query that is wrong does not say so', async () => {
  const client = new Client({ connectionString: process.env['TEST_DATABASE_URL'] });
  await client.connect();
  const error = await client.query('select nothing_there').catch((error: unknown) => error);
  await client.end();
  assert.equal(isDatabaseDown(error), false);
});
