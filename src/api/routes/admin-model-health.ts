import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Breakers } from '#commands/generation/breaker-port.ts';
import type { ModelCalls } from '#commands/generation/model-calls.ts';
import { breakerStatuses } from '#domain/breaker/breaker.ts';
import { ModelId, ProviderId } from '#domain/ids.ts';
import type { ModelItem } from '#projections/models.ts';

export type AdminModelHealthDeps = {
  readonly breakers: Pick<Breakers, 'standing'>;
  readonly calls: Pick<ModelCalls, 'of'>;
  readonly view: { readonly list: () => Promise<readonly ModelItem[]> };
};

const most = z.int().nullable().describe('At most, of the answers that came');
const Health = z.object({
  model: ModelId,
  provider: ProviderId,
  breaker: z.object({
    status: z.enum(breakerStatuses),
    waitMs: z.int().describe('How long nobody may call it'),
  }),
  calls: z.int().describe('Of the last five minutes, that say something about the model'),
  failed: z.int(),
  p50Ms: most,
  p95Ms: most,
});

/** How the models work, whoever calls them. Of the calls there is nothing but their number. */
export const adminModelHealthRoutes =
  ({ breakers, calls, view }: AdminModelHealthDeps): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/admin/v1/model-health',
      {
        config: { audience: 'operator', action: 'provider.read', views: ['models'] },
        schema: {
          tags: ['models'],
          summary: 'Breaker, failures and times of every model, as they are now',
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(Health) }) },
        },
      },
      async () => {
        const models = await view.list();
        const healthOf = async ({ id: model, provider }: ModelItem) => {
          const at = { model, provider };
          const [breaker, figures] = await Promise.all([breakers.standing(at), calls.of(at)]);
          const { calls: made, failed, p50Ms = null, p95Ms = null } = figures;
          return { ...at, breaker, calls: made, failed, p50Ms, p95Ms };
        };
        return { items: await Promise.all(models.map(healthOf)) };
      },
    );
  };
