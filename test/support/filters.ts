import type { Filter } from '#commands/filter/filter-port.ts';
import { tenantFilters } from '#infra/detectors/tenant-filters.ts';
import type { DetectorSettings } from '#domain/compliance/policy/events.ts';
import type { PolicyId, TenantId } from '#domain/ids.ts';
import { systemClock } from '#infra/system/clock.ts';

/** The filter of a tenant that has published these detectors, and nothing else, as its default. */
export const filterWith = (detectors: readonly DetectorSettings[]): Promise<Filter> =>
  tenantFilters({
    listed: () => Promise.resolve([{ id: 'default' as PolicyId, version: 1, inForce: true }]),
    find: () => Promise.resolve({ version: 1, detectors }),
    clock: systemClock,
  })('acme' as TenantId);
