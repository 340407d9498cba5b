import type { TenantId } from '#domain/ids.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import { tenantOrUndefined } from '#infra/tenancy/tenant-context.ts';

/** The tenant of a stream. Throws when the running request belongs to another tenant. */
export function ownTenant(stream: StreamName): TenantId {
  const tenant = partsOf(stream)?.tenant;
  if (tenant === undefined) throw new TypeError(`${JSON.stringify(stream)} names no stream.`);
  refuseOthers(tenant);
  return tenant;
}

/** A request reads its own tenant's events; only code outside of any request reads all. */
export function refuseOthers(tenant: TenantId | undefined): void {
  const running = tenantOrUndefined();
  if (running === undefined || running === tenant) return;
  throw new Error(`A request of ${running} reached for the events of ${tenant ?? 'all tenants'}.`);
}
