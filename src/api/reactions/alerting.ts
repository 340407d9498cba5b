import { projectBudgetBreaches } from '#commands/alerts/project-budget-breaches.ts';
import { raiseBudgetAlerts } from '#commands/alerts/raise-budget-alerts.ts';
import { openEvent } from '#commands/envelope.ts';
import type { Clock, Sealer } from '#commands/ports.ts';
import type { Reaction } from '#commands/reaction.ts';
import { withDeadline } from '#commands/with-deadline.ts';
import { type Limits, type Scope, isScope } from '#domain/budget/limits.ts';
import type { GenerationEvent } from '#domain/generation/events.ts';
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
  readonly sealer: Pick<Sealer, 'opener'>;
  readonly clock: Clock;
}) {
  const { streams, queries, limitsOf, forecast, reached, sealer, clock } = ports;

  const mustReach = async (tenant: TenantId, position: bigint): Promise<void> => {
    const isThere = await withDeadline(clock, PATIENCE_MS, (late) =>
      reached(tenant, ['budget_use'], position, late),
    );
    if (!isThere) throw new Error('The view of what is used of budgets is behind.');
  };

  const thresholds: Reaction = raiseBudgetAlerts({
    alerts: streams.alerts.handle,
    limitsOf,
    useAround: async (tenant, generations, position) => {
      await mustReach(tenant, position);
      return await runAsTenant(tenant, () => queries.budgetUse.around(tenant, generations));
    },
  });

  const breaches: Reaction = projectBudgetBreaches({
    alerts: streams.alerts.handle,
    scopesIn: async (recorded) => {
      const open = await sealer.opener([recorded.header]);
      const { event } = openEvent<GenerationEvent>(open, recorded);
      if (event.erased === true || event.type !== 'BudgetReserved') return [];
      return event.data.scopes.filter(isScope);
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
