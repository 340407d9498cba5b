import { AsyncLocalStorage } from 'node:async_hooks';
import type { TenantId } from '#domain/ids.ts';

const context = new AsyncLocalStorage<TenantId>();

/** Everything that `work` reads or writes, however deep, belongs to this tenant. */
export const runAsTenant = <T>(tenant: TenantId, work: () => T): T => context.run(tenant, work);

/** The tenant of the running request. Throws outside of one: a query without a tenant is a bug. */
export function currentTenant(): TenantId {
  const tenant = context.getStore();
  if (tenant === undefined) throw new Error('No tenant: this code must run inside runAsTenant().');
  return tenant;
}

/** The tenant of the running request, if there is one: projectors and sequencers run outside of any. */
export const tenantOrUndefined = (): TenantId | undefined => context.getStore();

/** For what the operator asks about every tenant: `work` runs as no tenant, like a projector. */
export const runAsNoTenant = <T>(work: () => T): T => context.exit(work);
