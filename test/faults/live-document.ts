import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import { callerOf } from '#test/support/journey.ts';
import { emptyHome } from '#test/support/process.ts';
import { restartedServer } from './kill-nine/server.ts';

/** A server of an empty home that has started, and a document in it. */
export async function servedDocument(t: TestContext) {
  const home = await emptyHome(t);
  const server = restartedServer(home);
  t.after(() => server.stop());
  await server.start();
  const operator = (await readFile(join(home, 'keys/operator'), 'utf8')).trim();
  return { server, ...(await documentAt(server.url(), operator)) };
}

/** A tenant with its owner's key, and a document of one line. */
async function documentAt(url: string, operatorKey: string) {
  const operator = callerOf(url, operatorKey);
  const plan = shippedPlans[0]?.planId;
  await operator.post('/admin/v1/tenants', { tenantId: 'acme', name: 'Acme', plan });
  const issued = await operator.post('/admin/v1/tenants/acme/api-keys', { roles: ['owner'] });
  const key = String(issued.json['key']);
  const made = await callerOf(url, key).post('/v1/documents', {
    title: 'T',
    markdown: '<start>\n',
  });
  return { key, id: String(made.json['id']) };
}
