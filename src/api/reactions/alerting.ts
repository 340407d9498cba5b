import { projectBudgetBreaches } from '#commands/alerts/project-budget-breaches.ts';
import { raiseBudgetAlerts } from '#commands/alerts/raise-budget-alerts.ts';
import type { Clock } from '#commands/ports.ts';
import type { Reaction } from '#commands/reaction.ts';
import { withDeadline } from '#commands/with-deadline.ts';
import type { Limits, Scope } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { Reached } from '#projections/reached.ts';
import type { Aggregates } from '#api/aggregates.ts';
import type { Forecast } from '#api/routes/usage/forecast.ts';
import { alertRoutes } from '#api/routes/alerts.ts';
import type { viewQueries } from '#api/view-queries.ts';

/** How long a view may lag before the reaction is tried again from the start. */
const PATIENCE_MS = 5_000;

/** Tells of budgets before and when they are used up. */
export function alerting(ports: {
  readonly streams: Pick<Aggregates, 'alerts'>;
  readonly queries: Pick<ReturnType<typeof viewQueries>, 'alerts' | 'budgetUse'>;
  readonly limitsOf: (tenant: TenantId, scope: Scope) => Promise<Limits>;
  /** With the limits that hold now. */
  readonly forecast: Forecast;
  readonly reached: Reached;
  readonly clock: Clock;
}) {
  const { streams, queries, limitsOf, forecast, reached, clock } = ports;

  const mustReach = async (tenant: TenantId, position: bigint): Promise<void> => {
    const isThere = await withDeadline(clock, PATIENCE_MS, (late) =>
      reached(tenant, ['budget_use'], position, late),
    );
    if (!isThere) throw new Error('The view of what is used of budgets is behind.');
  };

  const thresholds: Reaction = raiseBudgetAlerts({
    alerts: streams.alerts.handle,
    limitsOf,
    useAround: async (tenant, generation, position) => {
      await mustReach(tenant, position);
      return await runAsTenant(tenant, () => queries.budgetUse.around(tenant, generation));
    },
  });

  const breaches: Reaction = projectBudgetBreaches({
    alerts: streams.alerts.handle,
    scopesAround: async (tenant, generation) => {
      const uses = await runAsTenant(tenant, () => queries.budgetUse.around(tenant, generation));
      return [...new Set(uses.map(({ scope }) => scope))];
    },
    outlooks: async (tenant, scope) =>
      await runAsTenant(tenant, async () => (await forecast(tenant, scope)).budgets),
    clock,
  });

  return {
    reactions: [thresholds, breaches],
    dataRoutes: [alertRoutes({ view: queries.alerts })],
  };
}
