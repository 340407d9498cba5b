import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ScopeUsage } from '#commands/admission.ts';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import type { Handle } from '#api/deps.ts';
import { metaOf } from '#api/requests.ts';
import type { BudgetCommand } from '#domain/budget/decide.ts';
import { BudgetLimits } from '#domain/budget/events.ts';
import { type BudgetId, budgetIdOf } from '#domain/budget/ids.ts';
import { BudgetScope, type Scope } from '#domain/budget/limits.ts';
import type { Windows } from '#domain/budget/windows.ts';
import { MemberId, type TenantId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { BudgetItem } from '#projections/budgets.ts';
import type { Page, PageQuery } from '#projections/page.ts';
import { Changed, answerWritten } from './answer-written.ts';

export type BudgetDeps = {
  readonly handle: Handle<BudgetId, BudgetCommand>;
  /** Throws `Rejected` where no such member or key is in the tenant. */
  readonly mustBeThere: (tenant: TenantId, scope: Scope) => Promise<void>;
  /** What is used of it now. */
  readonly use: (
    tenant: TenantId,
    scope: Scope,
  ) => Promise<ScopeUsage & { readonly windows: Windows }>;
  readonly view: {
    readonly list: (tenant: TenantId, page: PageQuery) => Promise<Page<BudgetItem>>;
    readonly find: (tenant: TenantId, id: BudgetId) => Promise<BudgetItem | undefined>;
  };
};

const Params = z.strictObject({ scope: BudgetScope });
const Shown = z.object({
  scope: z.string(),
  limits: BudgetLimits,
  setBy: MemberId,
  setAt: z.string(),
  revision: z.int(),
});
const Amount = z.object({ tokens: z.int(), costNanoUsd: z.int() });
const InWindow = z.object({
  window: z.string().describe('A day or a month of the calendar in the tenant’s time zone'),
  endsAt: z.string(),
  settled: Amount.describe('What generations that have ended were debited'),
  held: Amount.describe('What generations under way may use at most'),
});
const Whole = Shown.extend({
  use: z.object({ day: InWindow, month: InWindow, generationsUnderWay: z.int() }),
});
const Figures = z
  .strictObject(BudgetLimits.shape)
  .refine(
    (limits) => Object.values(limits).some((one) => one !== undefined),
    'at least one figure',
  );

/** What the tenant, a member, a key or a label may use, of what the plan allows the tenant. */
export const budgetRoutes =
  ({ handle, mustBeThere, use, view }: BudgetDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['budgets'];
    const read = { audience: 'tenant', action: 'budget.read', views: ['budgets'] } as const;
    const manage = { audience: 'tenant', action: 'budget.manage' } as const;
    const one = '/v1/budgets/:scope';

    app.get(
      '/v1/budgets',
      {
        config: read,
        schema: {
          tags,
          summary: 'The budgets that are set, by scope',
          querystring: z.strictObject(pageQuery),
          response: { 200: pageOf(Shown) },
        },
      },
      async ({ principal, query }) => {
        const page = { after: cursorFrom(After, query.cursor), limit: query.limit };
        return paged(await view.list(principal.tenant, page));
      },
    );

    app.get(
      one,
      {
        config: read,
        schema: {
          tags,
          summary: 'A budget, and what is used of it today and this month',
          params: Params,
          response: { 200: Whole },
        },
      },
      async ({ principal: { tenant }, params: { scope } }) => {
        const found = await view.find(tenant, budgetIdOf(scope));
        if (!found) throw new Rejected('budget/not-found');
        return { ...found, use: shownUse(await use(tenant, scope)) };
      },
    );

    app.put(
      one,
      {
        config: manage,
        schema: {
          tags,
          summary: 'Set a budget, in the place of the one before',
          description:
            'It counts what was used in the day and month that are under way, and holds for the ' +
            'generations that begin from now on (in other processes two seconds later at most).',
          params: Params,
          body: Figures,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { scope } = request.params;
        await mustBeThere(request.principal.tenant, scope);
        const command = { type: 'SetBudget', scope, limits: request.body } as const;
        return answerWritten(
          reply,
          scope,
          await handle(budgetIdOf(scope), command, metaOf(request)),
        );
      },
    );

    app.delete(
      one,
      {
        config: manage,
        schema: {
          tags,
          summary: 'Remove a budget: the plan’s limits still hold',
          params: Params,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { scope } = request.params;
        const command = { type: 'RemoveBudget', scope } as const;
        return answerWritten(
          reply,
          scope,
          await handle(budgetIdOf(scope), command, metaOf(request)),
        );
      },
    );
  };

const After = z.tuple([z.string()]);

function shownUse({ settled, held, open, windows }: Awaited<ReturnType<BudgetDeps['use']>>) {
  const of = (period: 'day' | 'month') => ({
    window: windows[period].id,
    endsAt: new Date(windows[period].endsAt).toISOString(),
    settled: settled[period],
    held: held[period],
  });
  return { day: of('day'), month: of('month'), generationsUnderWay: open };
}
