import type { Entitlement } from '#commands/generation/wanted.ts';
import type { Clock } from '#commands/ports.ts';
import type { Forecast } from '#api/routes/usage/forecast.ts';
import type { viewQueries } from '#api/view-queries.ts';
import type { Limits, Scope } from '#domain/budget/limits.ts';
import { windowsAt } from '#domain/budget/windows.ts';
import type { TenantId } from '#domain/ids.ts';
import { budgetOutlooks } from '#projections/usage/budget-outlooks.ts';

/** Where the windows of a scope's budgets end, as far as one can know now. */
export const forecasting =
  (ports: {
    readonly usage: Pick<ReturnType<typeof viewQueries>['usage'], 'soFar'>;
    readonly limitsOf: (tenant: TenantId, scope: Scope) => Promise<Limits>;
    readonly entitlement: (tenant: TenantId) => Promise<Entitlement>;
    readonly clock: Pick<Clock, 'now'>;
  }): Forecast =>
  async (tenant, scope) => {
    const { zones } = await ports.entitlement(tenant);
    const limits = await ports.limitsOf(tenant, scope);
    const at = ports.clock.now();
    const windows = windowsAt(at, zones);
    const used = await ports.usage.soFar(tenant, { scope, now: at, windows });
    return { at, budgets: budgetOutlooks(used, { now: at, windows, limits }) };
  };
