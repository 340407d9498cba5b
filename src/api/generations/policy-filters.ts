import type { FilterFor } from '#commands/filter/filter-port.ts';
import type { Clock } from '#commands/ports.ts';
import { tenantFilters } from '#infra/detectors/tenant-filters.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { viewQueries } from '#api/view-queries.ts';

/** Each tenant's filter, under the policies that its view shows. */
export function policyFilters(
  { policies }: Pick<ReturnType<typeof viewQueries>, 'policies'>,
  clock: Clock,
): FilterFor {
  return tenantFilters({
    // Whoever generates may be a job, outside of any request.
    listed: (tenant) => runAsTenant(tenant, () => policies.list(tenant)),
    find: (tenant, id) => runAsTenant(tenant, () => policies.find(tenant, id)),
    clock,
  });
}
