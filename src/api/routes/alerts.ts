import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import { alertEvents } from '#domain/alert/events.ts';
import { AlertId } from '#domain/alert/ids.ts';
import type { TenantId } from '#domain/ids.ts';
import type { AlertItem } from '#projections/alerts.ts';
import type { Page, PageQuery } from '#projections/page.ts';

export type AlertDeps = {
  readonly view: {
    readonly list: (tenant: TenantId, page: PageQuery) => Promise<Page<AlertItem>>;
  };
};

const After = z.tuple([z.iso.datetime(), AlertId]);
const { BudgetThresholdReached, BudgetBreachProjected } = alertEvents;
const Shown = z.object({
  id: AlertId,
  type: z.enum(['BudgetThresholdReached', 'BudgetBreachProjected']),
  data: z.union([BudgetBreachProjected.schema, BudgetThresholdReached.schema]),
  raisedAt: z.string(),
});

/** What webhooks were told, for whoever has none or was away. */
export const alertRoutes =
  ({ view }: AlertDeps): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/alerts',
      {
        config: { audience: 'tenant', action: 'budget.read', views: ['alerts'] },
        schema: {
          tags: ['alerts'],
          summary: 'The alerts that were raised, newest first',
          description: 'At 50, 80, 90 and 100 % of a budget one each per window.',
          querystring: z.strictObject(pageQuery),
          response: { 200: pageOf(Shown) },
        },
      },
      async ({ principal, query: { cursor, limit } }) =>
        paged(await view.list(principal.tenant, { after: cursorFrom(After, cursor), limit })),
    );
  };
