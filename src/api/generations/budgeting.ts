import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Admission } from '#commands/admission.ts';
import { type ClaimsOf, claiming, limiting } from '#commands/generation/claims.ts';
import type { Entitlement } from '#commands/generation/wanted.ts';
import type { Clock } from '#commands/ports.ts';
import { recentHistory } from '#commands/recent-history.ts';
import type { Aggregates } from '#api/aggregates.ts';
import { type BudgetDeps, budgetRoutes } from '#api/routes/budgets.ts';
import type { viewQueries } from '#api/view-queries.ts';
import type { Limits, Scope } from '#domain/budget/limits.ts';
import { type Windows, windowsAt } from '#domain/budget/windows.ts';
import type { TenantId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';

type Ports = {
  readonly streams: Aggregates;
  readonly queries: ReturnType<typeof viewQueries>;
  readonly admission: Pick<Admission, 'state'>;
  readonly entitlement: (tenant: TenantId) => Promise<Entitlement>;
  readonly clock: Clock;
};

/** Budgets of members, keys and labels, and what generations are counted in because of them. */
export function budgeting(ports: Ports): {
  readonly claimsOf: ClaimsOf;
  readonly limitsOf: (tenant: TenantId, scope: Scope) => Promise<Limits>;
  readonly windowsOf: (tenant: TenantId) => Promise<Windows>;
  /** A budget that has changed. */
  readonly forget: (tenant: TenantId, id: string) => void;
  readonly routes: FastifyPluginAsyncZod;
} {
  const { streams, queries, admission, entitlement, clock } = ports;
  const recent = recentHistory(streams.budgets.history, clock);

  const handle: BudgetDeps['handle'] = async (id, command, meta) => {
    try {
      return await streams.budgets.handle(id, command, meta);
    } finally {
      // Whoever sets a budget and generates at once is held to it.
      recent.forget(meta.tenant, id);
    }
  };

  const windowsOf = async (tenant: TenantId) =>
    windowsAt(clock.now(), (await entitlement(tenant)).zones);

  const use: BudgetDeps['use'] = async (tenant, scope) => {
    const windows = await windowsOf(tenant);
    const ids = { day: windows.day.id, month: windows.month.id };
    const found = await admission.state({ tenant, windows: ids, scopes: [scope] });
    return { ...found.get(scope)!, windows };
  };

  const limitsOf = limiting(recent);
  return {
    limitsOf: async (tenant, scope) =>
      await limitsOf(tenant, scope, (await entitlement(tenant)).limits),
    windowsOf,
    forget: recent.forget,
    claimsOf: claiming({
      limitsOf,
      keyHistory: recentHistory(streams.apiKeys.history, clock),
    }),
    routes: budgetRoutes({ handle, use, mustBeThere: mustBeThere(streams), view: queries.budgets }),
  };
}

/** A budget for somebody who is not there is a slip of the pen, which would be found when it is too late. */
const mustBeThere =
  ({ members, apiKeys }: Pick<Aggregates, 'members' | 'apiKeys'>): BudgetDeps['mustBeThere'] =>
  async (tenant, scope) => {
    const [kind, id = ''] = scope.split(':', 2);
    if (kind === 'member' && (await members.history.newest(tenant, id)).revision < 0) {
      throw new Rejected('member/not-found');
    }
    if (kind === 'key' && (await apiKeys.history.newest(tenant, id)).revision < 0) {
      throw new Rejected('api-key/not-found');
    }
  };
