import type { History } from '#commands/history.ts';
import type { ApiKey } from '#domain/api-key/state.ts';
import type { Budget } from '#domain/budget/decide.ts';
import { budgetIdOf } from '#domain/budget/ids.ts';
import { type Claim, type Limits, type Scope, isScope, within } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';

/** What a generation of this caller is counted in, and how much each of them may use. */
export type ClaimsOf = (principal: Principal, ofPlan: Limits) => Promise<readonly Claim[]>;

/** The limits of one scope now. Those of the plan are the tenant's. */
export type LimitsOf = (tenant: TenantId, scope: Scope, ofPlan: Limits) => Promise<Limits>;

export const limiting =
  (budgetHistory: Pick<History<Budget>, 'newest'>): LimitsOf =>
  async (tenant, scope, ofPlan) => {
    const own = (await budgetHistory.newest(tenant, budgetIdOf(scope))).state.limits ?? {};
    return scope === 'tenant' ? within(ofPlan, own) : own;
  };

/**
 * The tenant under its plan, and the member, key and labels below it under their budgets. They are
 * counted without a budget too: one that is set at noon counts what was used in the morning.
 */
export function claiming(ports: {
  readonly limitsOf: LimitsOf;
  readonly keyHistory: Pick<History<ApiKey>, 'newest'>;
}): ClaimsOf {
  const labelsOf = async ({ tenant, apiKey }: Principal): Promise<readonly Scope[]> => {
    if (apiKey === undefined) return [];
    const { state } = await ports.keyHistory.newest(tenant, apiKey);
    return 'labels' in state ? labelScopes(state.labels) : [];
  };

  return async (principal, ofPlan) => {
    const { tenant, member, apiKey } = principal;
    const scopes: readonly Scope[] = [
      'tenant',
      `member:${member}`,
      ...(apiKey === undefined ? [] : [`key:${apiKey}` as const]),
      ...(await labelsOf(principal)),
    ];
    return await Promise.all(
      scopes.map(async (scope) => ({
        scope,
        limits: await ports.limitsOf(tenant, scope, ofPlan),
      })),
    );
  };
}

/** A label is counted by its name and value: `label:cost-centre=marketing`. */
const labelScopes = (labels: Readonly<Record<string, string>>): readonly Scope[] =>
  Object.entries(labels)
    .map(([name, value]): Scope => `label:${name}=${value}`)
    .filter(isScope)
    .toSorted();
