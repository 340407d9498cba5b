import type { Admission } from '#commands/admission.ts';
import type { Entitlement } from '#commands/generation/wanted.ts';
import type { Clock } from '#commands/ports.ts';
import type { Aggregates } from '#api/aggregates.ts';
import { adjustRoutes } from '#api/routes/generations/adjust.ts';
import { forecastRoutes } from '#api/routes/usage/forecast.ts';
import { usageRoutes } from '#api/routes/usage/routes.ts';
import type { viewQueries } from '#api/view-queries.ts';
import type { Limits, Scope } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { forecasting } from './forecasting.ts';

/** What was used and will be, and its corrections. */
export function accounting(ports: {
  readonly streams: Pick<Aggregates, 'generations'>;
  readonly queries: Pick<ReturnType<typeof viewQueries>, 'usage'>;
  readonly admission: Pick<Admission, 'rebuild'>;
  readonly entitlement: (tenant: TenantId) => Promise<Entitlement>;
  readonly limitsOf: (tenant: TenantId, scope: Scope) => Promise<Limits>;
  readonly clock: Pick<Clock, 'now'>;
}) {
  const { streams, queries, admission } = ports;
  const { usage } = queries;
  const forecast = forecasting({ ...ports, usage });
  return {
    /** For alerts, which tell the same as the view. */
    forecast,
    controlRoutes: [
      adjustRoutes({
        handle: streams.generations.handle,
        // The operator's request is no tenant's, and counters are built from one tenant's log.
        rebuild: (tenant) => runAsTenant(tenant, () => admission.rebuild(tenant)),
      }),
    ],
    dataRoutes: [usageRoutes({ view: usage }), forecastRoutes(forecast)],
  };
}
