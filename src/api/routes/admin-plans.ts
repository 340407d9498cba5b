import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import { PLATFORM, PlanId } from '#domain/ids.ts';
import type { PlanCommand } from '#domain/plan/decide.ts';
import { PlanFigures, PlanName } from '#domain/plan/events.ts';
import { Rejected } from '#domain/rejected.ts';

export const PlanShown = z.object({
  planId: z.string(),
  name: z.string(),
  version: z.int().describe('Counts how often the plan was published, from 1.'),
  figures: PlanFigures,
  revision: z.int(),
});
export type PlanShown = z.infer<typeof PlanShown>;

export type AdminPlanDeps = {
  readonly handle: Handle<PlanId, PlanCommand>;
  /** Newest versions. There are few, so they are not paged. */
  readonly view: {
    readonly list: () => Promise<readonly PlanShown[]>;
    readonly find: (id: PlanId) => Promise<PlanShown | undefined>;
  };
};

const Params = z.object({ planId: PlanId });

export const adminPlanRoutes =
  ({ handle, view }: AdminPlanDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['plans'];
    const read = { audience: 'operator', action: 'plan.read', views: ['plan-list'] } as const;

    app.get(
      '/admin/v1/plans',
      {
        config: read,
        schema: {
          tags,
          summary: 'Every plan, as it was published last',
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(PlanShown) }) },
        },
      },
      async () => ({ items: [...(await view.list())] }),
    );

    app.get(
      '/admin/v1/plans/:planId',
      {
        config: read,
        schema: {
          tags,
          summary: 'A plan',
          params: Params,
          response: { 200: PlanShown, 304: z.null() },
        },
      },
      async (request, reply) => {
        const found = await view.find(request.params.planId);
        if (!found) throw new Rejected('plan/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send(null);
        return found;
      },
    );

    app.put(
      '/admin/v1/plans/:planId',
      {
        config: { audience: 'operator', action: 'plan.publish' },
        schema: {
          tags,
          summary: 'Publish a plan, or its next version; the ones before stay known',
          params: Params,
          body: z.strictObject({ name: PlanName, figures: z.strictObject(PlanFigures.shape) }),
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { planId } = request.params;
        const command = { type: 'PublishPlan', planId, ...request.body } as const;
        const written = await handle(planId, command, metaOf(request, PLATFORM));
        return replyWritten(reply, written).code(204).send(null);
      },
    );
  };
