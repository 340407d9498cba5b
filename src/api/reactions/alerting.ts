import { projectBudgetBreaches } from '#commands/alerts/project-budget-breaches.ts';
import { raiseBudgetAlerts } from '#commands/alerts/raise-budget-alerts.ts';
import { openEvent } from '#commands/envelope.ts';
import type { Clock, Sealer } from '#commands/ports.ts';
import type { Reaction } from '#commands/reaction.ts';
import { withDeadline } from '#commands/with-deadline.ts';
import { type Limits, type Scope, isScope } from '#domain/budget/limits.ts';
import type { BudgetEvent } from '#domain/budget/events.ts';
import type { Windows } from '#domain/budget/windows.ts';
import type { DomainEvent, RecordedEvent } from '#domain/event.ts';
import type { GenerationEvent } from '#domain/generation/events.ts';
import type { TenantId } from '#domain/ids.ts';
import type { PlanEvent } from '#domain/plan/events.ts';
import { partsOf } from '#domain/stream.ts';
import type { TenantEvent } from '#domain/tenant/events.ts';
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
  readonly queries: Pick<ReturnType<typeof viewQueries>, 'alerts' | 'budgetUse' | 'tenants'>;
  readonly limits: {
    readonly of: (tenant: TenantId, scope: Scope) => Promise<Limits>;
    readonly windowsOf: (tenant: TenantId) => Promise<Windows>;
    readonly forget: (tenant: TenantId, id: string) => void;
  };
  /** With the limits that hold now. */
  readonly forecast: Forecast;
  readonly reached: Reached;
  readonly sealer: Pick<Sealer, 'opener'>;
  readonly clock: Clock;
}) {
  const { streams, queries, limits, forecast, reached, sealer, clock } = ports;

  const mustReach = async (tenant: TenantId | undefined, view: string, position: bigint) => {
    const isThere = await withDeadline(clock, PATIENCE_MS, (late) =>
      reached(tenant, [view], position, late),
    );
    if (!isThere) throw new Error(`The view ${view} is behind.`);
  };

  const opened = async <Event extends DomainEvent>(recorded: RecordedEvent) => {
    const { event } = openEvent<Event>(await sealer.opener([recorded.header]), recorded);
    return event.erased === true ? undefined : event;
  };

  /** A tenant and its budgets limit themselves, a plan every tenant that is on it. */
  const limitsChangedBy = async (recorded: RecordedEvent) => {
    const { tenant, stream } = recorded.header;
    limits.forget(tenant, partsOf(stream)!.id);
    const event = await opened<BudgetEvent | PlanEvent | TenantEvent>(recorded);
    const scope: Scope = event?.type === 'BudgetSet' ? (event.data.scope as Scope) : 'tenant';
    if (event?.type !== 'PlanPublished') return [{ tenant, scope }];
    await mustReach(undefined, 'tenants', recorded.position);
    const tenants = await queries.tenants.onPlan(event.data.planId);
    return tenants.map((onPlan) => ({ tenant: onPlan, scope }));
  };

  const thresholds: Reaction = raiseBudgetAlerts({
    alerts: streams.alerts.handle,
    limitsOf: limits.of,
    limitsChangedBy,
    useAround: async (tenant, generations, position) => {
      await mustReach(tenant, 'budget_use', position);
      return await runAsTenant(tenant, () => queries.budgetUse.around(tenant, generations));
    },
    useOf: async ({ tenant, scope }, position) => {
      await mustReach(tenant, 'budget_use', position);
      const { day, month } = await limits.windowsOf(tenant);
      const windows = [day.id, month.id];
      return await runAsTenant(tenant, () => queries.budgetUse.in(tenant, scope, windows));
    },
  });

  const breaches: Reaction = projectBudgetBreaches({
    alerts: streams.alerts.handle,
    scopesIn: async (recorded) => {
      const event = await opened<GenerationEvent>(recorded);
      return event?.type === 'BudgetReserved' ? event.data.scopes.filter(isScope) : [];
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
