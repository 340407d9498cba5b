import { LRUCache } from 'lru-cache';
import type { CommandRequest, Handle } from '#commands/handle.ts';
import type { Reaction } from '#commands/reaction.ts';
import type { Alert, RaiseAlert } from '#domain/alert/decide.ts';
import type { AlertEvent } from '#domain/alert/events.ts';
import { alertIdOf } from '#domain/alert/ids.ts';
import type { Amount } from '#domain/amount.ts';
import { type Limits, type Scope, budgetNames, budgets } from '#domain/budget/limits.ts';
import { thresholdsReached } from '#domain/budget/thresholds.ts';
import type { RecordedEvent } from '#domain/event.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';

type Limited = { readonly tenant: TenantId; readonly scope: Scope };
type Use = { readonly scope: Scope; readonly window: string; readonly used: Amount };

type Ports = {
  readonly alerts: Handle<Alert, RaiseAlert>;
  /** What is used, up to this position or later, of all that these generations were counted in. */
  readonly useAround: (
    tenant: TenantId,
    generations: readonly GenerationId[],
    position: bigint,
  ) => Promise<readonly Use[]>;
  readonly limitsOf: (tenant: TenantId, scope: Scope) => Promise<Limits>;
  /** Whose limits this event changed. From here on `limitsOf` answers the new ones. */
  readonly limitsChangedBy: (event: RecordedEvent) => Promise<readonly Limited[]>;
  /** What is used of one in the windows of today and this month, up to this position or later. */
  readonly useOf: (limited: Limited, position: bigint) => Promise<readonly Use[]>;
};

/** Of a tenant's events in one batch; none of it is left once the first of them was reacted to. */
type Prepared = { readonly generations: ReadonlySet<GenerationId>; uses: readonly Use[] };

/** Whoever raises one again asks its stream, which answers that it is raised. */
const MOST_REMEMBERED = 10_000;

/**
 * Raises an alert for every threshold that the use of a budget has reached. It looks at all of use,
 * not at what one debit added to it: so none is missed by a debit that came between, a limit that is
 * set below what is used is looked at like a debit, one look does for a whole batch, and the alert's
 * stream sees to it that each is raised once.
 */
export function raiseBudgetAlerts(ports: Ports): Reaction {
  const { alerts, useAround, limitsOf, limitsChangedBy, useOf } = ports;
  const raised = new LRUCache<string, true>({ max: MOST_REMEMBERED });
  let prepared = new Map<TenantId, Prepared>();

  const raise = async (alert: AlertEvent, request: CommandRequest): Promise<void> => {
    const id = alertIdOf(alert);
    const name = `${request.tenant} ${id}`;
    if (raised.has(name)) return;
    await alerts(id, { type: 'RaiseAlert', alert }, request);
    raised.set(name, true);
  };

  const raiseAll = async (uses: readonly Use[], request: CommandRequest): Promise<void> => {
    for (const { scope, window, used } of uses) {
      const limits = await limitsOf(request.tenant, scope);
      for (const alert of reached({ scope, window, used }, limits)) await raise(alert, request);
    }
  };

  const usesFor = async ({ header, position }: RecordedEvent): Promise<readonly Use[]> => {
    const id = generationOf(header);
    const together = prepared.get(header.tenant);
    if (!together?.generations.has(id)) return await useAround(header.tenant, [id], position);
    const { uses } = together;
    together.uses = [];
    return uses;
  };

  return {
    name: 'raise-budget-alerts',
    reactsTo: [...debiting, 'BudgetSet', 'TenantPlanned', 'PlanPublished'],
    prepare: async (events) => {
      prepared = new Map();
      const debits = events.filter(isDebit);
      for (const [tenant, own] of Map.groupBy(debits, ({ header }) => header.tenant)) {
        const generations = new Set(own.map(({ header }) => generationOf(header)));
        const uses = await useAround(tenant, [...generations], own.at(-1)!.position);
        prepared.set(tenant, { generations, uses });
      }
    },
    react: async (event, request) => {
      if (isDebit(event)) return await raiseAll(await usesFor(event), request);
      for (const limited of await limitsChangedBy(event)) {
        const uses = await useOf(limited, event.position);
        await raiseAll(uses, inTenant(limited.tenant, request));
      }
    },
  };
}

const debiting: readonly string[] = ['BudgetDebited', 'BudgetAdjusted'];
const isDebit = ({ header }: RecordedEvent): boolean => debiting.includes(header.type);

/** A plan is the platform's, and limits what tenants use. */
const inTenant = (tenant: TenantId, request: CommandRequest): CommandRequest => ({
  ...request,
  tenant,
  principal: { ...request.principal, tenant },
});

const generationOf = ({ stream }: RecordedEvent['header']): GenerationId =>
  partsOf(stream)!.id as GenerationId;

/** A window that is called `2026-11` is a month, one that is called `2026-11-25` a day. */
const periodOf = (window: string) => (window.length === 7 ? 'month' : 'day');

const reached = ({ scope, window, used }: Use, limits: Limits): readonly AlertEvent[] =>
  budgetNames.flatMap((limit) => {
    const { of, per } = budgets[limit];
    const allowed = limits[limit];
    if (allowed == null || per !== periodOf(window)) return [];
    return thresholdsReached(allowed, used[of]).map((threshold) => ({
      type: 'BudgetThresholdReached' as const,
      data: { scope, limit, window, allowed, used: used[of], threshold },
    }));
  });
