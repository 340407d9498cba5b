import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { metaOf } from '#api/requests.ts';
import type { PublishCascade } from '#domain/cascade/decide.ts';
import { CascadeModels } from '#domain/cascade/events.ts';
import { CascadeId, ModelId, PLATFORM } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { CascadeItem } from '#projections/cascades.ts';
import { Changed, answerWritten } from './answer-written.ts';

export type AdminCascadeDeps = {
  readonly handle: Handle<CascadeId, PublishCascade>;
  /** The first of them that was never published, from the models' streams. */
  readonly unknownModel: (models: readonly ModelId[]) => Promise<ModelId | undefined>;
  /** Newest versions. There are few, so they are not paged. */
  readonly view: { readonly list: () => Promise<readonly CascadeItem[]> };
};

const Params = z.strictObject({ id: CascadeId });
const Shown = z.object({
  id: CascadeId,
  version: z.int().describe('Counts how often the cascade was published, from 1.'),
  models: z.array(ModelId).readonly(),
  publishedAt: z.string(),
});

/** Which models a task tries, one after the other. */
export const adminCascadeRoutes =
  ({ handle, unknownModel, view }: AdminCascadeDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['models'];
    const read = { audience: 'operator', action: 'provider.read', views: ['cascades'] } as const;

    app.get(
      '/admin/v1/cascades',
      {
        config: read,
        schema: {
          tags,
          summary: 'Every cascade, as it was published last',
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(Shown) }) },
        },
      },
      async () => ({ items: [...(await view.list())] }),
    );

    app.get(
      '/admin/v1/cascades/:id',
      {
        config: read,
        schema: {
          tags,
          summary: 'A cascade',
          params: Params,
          response: { 200: Shown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const found = (await view.list()).find(({ id }) => id === request.params.id);
        if (!found) throw new Rejected('cascade/not-found');
        // Its stream holds nothing but versions, and revisions count from 0.
        if (notModified(request, reply, found.version - 1)) return reply.code(304).send();
        return found;
      },
    );

    app.put(
      '/admin/v1/cascades/:id',
      {
        config: { audience: 'operator', action: 'provider.publish' },
        schema: {
          tags,
          summary: 'Publish a cascade, or its next version; the ones before stay known',
          params: Params,
          body: z.strictObject({ models: CascadeModels }),
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const { models } = request.body;
        const unknown = await unknownModel(models);
        const command = {
          type: 'PublishCascade',
          cascadeId: id,
          models,
          unknownModel: unknown,
        } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request, PLATFORM)));
      },
    );
  };
