import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { metaOf } from '#api/requests.ts';
import { PLATFORM, PlanId } from '#domain/ids.ts';
import type { PlanCommand } from '#domain/plan/decide.ts';
import { PlanFigures, PlanName } from '#domain/plan/events.ts';
import { Rejected } from '#domain/rejected.ts';
import type { PlanItem } from '#projections/plans.ts';
import { Changed, answerWritten } from './answer-written.ts';

export type AdminPlanDeps = {
  readonly handle: Handle<PlanId, PlanCommand>;
  /** Newest versions. There are few, so they are not paged. */
  readonly view: {
    readonly list: () => Promise<readonly PlanItem[]>;
  };
};

const Params = z.strictObject({ id: PlanId });
const PlanShown = z.object({
  id: PlanId,
  version: z.int().describe('Counts how often the plan was published, from 1.'),
  name: z.string(),
  figures: PlanFigures,
  publishedAt: z.string(),
});

export const adminPlanRoutes =
  ({ handle, view }: AdminPlanDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['plans'];
    const read = { audience: 'operator', action: 'plan.read', views: ['plans'] } as const;

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
      '/admin/v1/plans/:id',
      {
        config: read,
        schema: {
          tags,
          summary: 'A plan',
          params: Params,
          response: { 200: PlanShown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const plans = await view.list();
        const found = plans.find(({ id }) => id === request.params.id);
        if (!found) throw new Rejected('plan/not-found');
        // Its stream holds nothing but versions, and revisions count from 0.
        if (notModified(request, reply, found.version - 1)) return reply.code(304).send();
        return found;
      },
    );

    app.put(
      '/admin/v1/plans/:id',
      {
        config: { audience: 'operator', action: 'plan.publish' },
        schema: {
          tags,
          summary: 'Publish a plan, or its next version; the ones before stay known',
          params: Params,
          body: z.strictObject({ name: PlanName, figures: z.strictObject(PlanFigures.shape) }),
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const command = { type: 'PublishPlan', planId: id, ...request.body } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request, PLATFORM)));
      },
    );
  };
