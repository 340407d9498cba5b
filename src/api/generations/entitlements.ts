import type { Entitlement } from '#commands/generation/wanted.ts';
import type { Clock } from '#commands/ports.ts';
import { recentHistory } from '#commands/recent-history.ts';
import type { Aggregates } from '#api/aggregates.ts';
import { PLATFORM, type TenantId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';

/** From tenants' plans, as they were a moment ago. */
export function entitlements(
  { tenants, plans }: Pick<Aggregates, 'tenants' | 'plans'>,
  clock: Clock,
) {
  const tenantHistory = recentHistory(tenants.history, clock);
  const planHistory = recentHistory(plans.history, clock);
  return {
    of: async (id: TenantId): Promise<Entitlement> => {
      const tenant = (await tenantHistory.newest(id, id)).state;
      if (tenant.status === 'missing') throw new Rejected('tenant/not-found');
      const { plan: planId, timeZone, region } = tenant.settings;
      const plan = (await planHistory.newest(PLATFORM, planId)).state;
      if (plan.status === 'missing') throw new Rejected('plan/not-found');
      const { models, features, ...limits } = plan.figures;
      return { limits, models, features, zones: { timeZone }, region };
    },
    /** A tenant or a plan that has changed. */
    forget: (tenant: TenantId, id: string): void => {
      tenantHistory.forget(tenant, id);
      planHistory.forget(tenant, id);
    },
  };
}
