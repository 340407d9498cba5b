import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { BudgetScope, type Scope, budgetNames } from '#domain/budget/limits.ts';
import type { BudgetOutlook } from '#projections/usage/budget-outlooks.ts';
import type { TenantId } from '#domain/ids.ts';

export type Forecast = (
  tenant: TenantId,
  scope: Scope,
) => Promise<{ readonly at: Date; readonly budgets: readonly BudgetOutlook[] }>;

const figure = z.int().min(0);

const OutlookShown = z.object({
  budget: z.enum(budgetNames).describe('Its figures are in what it counts'),
  window: z.string().describe('The day or month, in the calendar of the tenant’s time zone'),
  endsAt: z.iso.datetime(),
  limit: figure.nullable().describe('null: no limit'),
  settled: figure.describe('What was debited'),
  held: figure.describe('What generations under way may still spend'),
  p50: figure.describe('The use at the window’s end: as likely above as below'),
  p90: figure.describe('Nine times in ten not above'),
  exhaustedAt: z.iso
    .datetime()
    .nullable()
    .describe('When the limit is reached at the likely pace; null: not in this window'),
});

/** Where the windows of budgets end, as far as one can know. */
export const forecastRoutes =
  (forecast: Forecast): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/usage/forecast',
      {
        config: { audience: 'tenant', action: 'forecast.read', views: ['usage'] },
        schema: {
          tags: ['usage'],
          summary: 'Where budgets end, and when they are exhausted',
          description:
            'From the use of each hour of the last twelve weeks, what is debited in the window, and what generations under way hold.',
          querystring: z.strictObject({ scope: BudgetScope.default('tenant') }),
          response: {
            200: z.object({
              scope: z.string(),
              at: z.iso.datetime(),
              budgets: z.array(OutlookShown),
            }),
          },
        },
      },
      async ({ principal, query: { scope } }) => {
        const { at, budgets } = await forecast(principal.tenant, scope);
        return { scope, at: at.toISOString(), budgets: budgets.map(shownOutlook) };
      },
    );
  };

const shownOutlook = (outlook: BudgetOutlook) => ({
  ...outlook,
  endsAt: outlook.endsAt.toISOString(),
  exhaustedAt: outlook.exhaustedAt?.toISOString() ?? null,
});
