import { ask } from './ask.ts';
import type { Cluster } from './cluster.ts';

/** A tenant to play with, and a new key of its first owner. */
export async function demoTenant({
  proxy,
  operatorKey,
}: Pick<Cluster, 'proxy' | 'operatorKey'>): Promise<{ readonly key: string }> {
  const tenant = { tenantId: 'demo', name: 'Demo', plan: 'starter' };
  await ask(proxy.url, operatorKey, 'POST', '/admin/v1/tenants', tenant);
  const keys = '/admin/v1/tenants/demo/api-keys';
  const issued = await ask(proxy.url, operatorKey, 'POST', keys, { roles: ['owner'] });
  return { key: String(issued['key']) };
}
