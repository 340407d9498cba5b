import type { CommandRequest, Handle } from '#commands/handle.ts';
import type { Reaction } from '#commands/reaction.ts';
import type { Alert, RaiseAlert } from '#domain/alert/decide.ts';
import type { AlertEvent } from '#domain/alert/events.ts';
import { alertIdOf } from '#domain/alert/ids.ts';
import type { Amount } from '#domain/budget/amount.ts';
import { type Limits, type Scope, budgetNames, budgets } from '#domain/budget/limits.ts';
import { crossed } from '#domain/budget/thresholds.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';

type Use = { readonly scope: Scope; readonly window: string; readonly used: Amount };

type Ports = {
  readonly alerts: Handle<Alert, RaiseAlert>;
  /** What is used, up to this position or later, of all that the generation was counted in. */
  readonly useAround: (
    tenant: TenantId,
    generation: GenerationId,
    position: bigint,
  ) => Promise<readonly Use[]>;
  readonly limitsOf: (tenant: TenantId, scope: Scope) => Promise<Limits>;
};

/**
 * Raises an alert for every threshold that the use of a budget has reached. It looks at all of use,
 * not at what one debit added to it: so none is missed by a debit that came between, or by a limit
 * that was lowered, and the alert's stream sees to it that each is raised once.
 */
export function raiseBudgetAlerts({ alerts, useAround, limitsOf }: Ports): Reaction {
  const raise = async (alert: AlertEvent, request: CommandRequest) =>
    await alerts(alertIdOf(alert), { type: 'RaiseAlert', alert }, request);

  return {
    name: 'raise-budget-alerts',
    reactsTo: ['BudgetDebited', 'BudgetAdjusted'],
    react: async ({ header: { tenant, stream }, position }, request) => {
      const id = partsOf(stream)!.id as GenerationId;
      for (const { scope, window, used } of await useAround(tenant, id, position)) {
        const limits = await limitsOf(tenant, scope);
        for (const alert of reached({ scope, window, used }, limits)) await raise(alert, request);
      }
    },
  };
}

/** A window that is called `2026-11` is a month, one that is called `2026-11-25` a day. */
const periodOf = (window: string) => (window.length === 7 ? 'month' : 'day');

const reached = ({ scope, window, used }: Use, limits: Limits): readonly AlertEvent[] =>
  budgetNames.flatMap((limit) => {
    const { of, per } = budgets[limit];
    const allowed = limits[limit];
    if (allowed == null || per !== periodOf(window)) return [];
    return crossed(allowed, 0, used[of]).map((threshold) => ({
      type: 'BudgetThresholdReached' as const,
      data: { scope, limit, window, allowed, used: used[of], threshold },
    }));
  });
