import type { Clock } from '#commands/ports.ts';
import { tenantFilters } from '#infra/detectors/tenant-filters.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { Aggregates } from './aggregates.ts';
import { policyRoutes } from './routes/policies.ts';
import type { viewQueries } from './view-queries.ts';

/** What may not pass, and who says so. */
export function filtering(ports: {
  readonly streams: Pick<Aggregates, 'policies'>;
  readonly queries: Pick<ReturnType<typeof viewQueries>, 'policies'>;
  readonly clock: Clock;
}) {
  const { streams, queries, clock } = ports;
  const { list, find } = queries.policies;
  return {
    filterFor: tenantFilters({
      // Whoever generates may be a job, outside of any request.
      listed: (tenant) => runAsTenant(tenant, () => list(tenant)),
      find: (tenant, id) => runAsTenant(tenant, () => find(tenant, id)),
      clock,
    }),
    dataRoutes: [policyRoutes({ handle: streams.policies.handle, view: queries.policies })],
  };
}
