import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { metaOf } from '#api/requests.ts';
import type { Clock } from '#commands/ports.ts';
import { ModelId, PLATFORM, type ProviderId } from '#domain/ids.ts';
import type { ModelCommand } from '#domain/model/decide.ts';
import { ModelSettings } from '#domain/model/events.ts';
import { priceAt } from '#domain/model/state.ts';
import { Price } from '#domain/price.ts';
import { Rejected } from '#domain/rejected.ts';
import type { ModelItem } from '#projections/models.ts';
import { Changed, answerWritten } from './answer-written.ts';

export type AdminModelDeps = {
  readonly handle: Handle<ModelId, ModelCommand>;
  readonly clock: Pick<Clock, 'now'>;
  /** From the provider's stream. */
  readonly providerPublished: (provider: ProviderId) => Promise<boolean>;
  /** Newest versions. There are few, so they are not paged. */
  readonly view: { readonly list: () => Promise<readonly ModelItem[]> };
};

const Params = z.strictObject({ id: ModelId });
const PriceShown = z.object({
  version: z.int().describe('Counts the prices of the model, from 1.'),
  price: Price,
  validFrom: z.string(),
});
const ModelShown = ModelSettings.extend({
  id: ModelId,
  version: z.int().describe('Counts how often the model was published, from 1.'),
  publishedAt: z.string(),
  revision: z.int(),
  price: PriceShown.nullable().describe('In force now; null: the model cannot be used'),
});
const PricesShown = z.object({
  id: ModelId,
  inForce: z.int().nullable().describe('The version that holds now'),
  prices: z.array(PriceShown).readonly(),
});
const Publication = z.strictObject({
  price: z.strictObject(Price.shape),
  free: z.boolean().default(false).describe('Every rate is 0, and is meant to be.'),
  validFrom: z.iso
    .datetime({ precision: 3 })
    .optional()
    .describe('From when it holds, in UTC with milliseconds; default: now'),
});

/** Which models there are, and what they cost. */
export const adminModelRoutes =
  ({ handle, clock, providerPublished, view }: AdminModelDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['models'];
    const read = { audience: 'operator', action: 'provider.read', views: ['models'] } as const;
    const publish = { audience: 'operator', action: 'provider.publish' } as const;
    const one = '/admin/v1/models/:id';

    const shown = ({ prices, ...item }: ModelItem) => ({
      ...item,
      price: priceAt(prices, clock.now()) ?? null,
    });

    app.get(
      '/admin/v1/models',
      {
        config: read,
        schema: {
          tags,
          summary: 'Every model, as it was published last, with its price in force',
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(ModelShown) }) },
        },
      },
      async () => ({ items: (await view.list()).map(shown) }),
    );

    app.get(
      one,
      {
        config: read,
        schema: {
          tags,
          summary: 'A model',
          params: Params,
          response: { 200: ModelShown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const found = (await view.list()).find(({ id }) => id === request.params.id);
        if (!found) throw new Rejected('model/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send();
        return shown(found);
      },
    );

    app.put(
      one,
      {
        config: publish,
        schema: {
          tags,
          summary: 'Publish a model, or its next version; the ones before stay known',
          params: Params,
          body: z.strictObject(ModelSettings.shape),
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { body: settings, params } = request;
        const published = await providerPublished(settings.provider);
        const command = {
          type: 'PublishModel',
          modelId: params.id,
          settings,
          providerPublished: published,
        } as const;
        const written = await handle(params.id, command, metaOf(request, PLATFORM));
        return answerWritten(reply, params.id, written);
      },
    );

    app.get(
      '/admin/v1/prices',
      {
        config: read,
        schema: {
          tags,
          summary: 'Every price that each model had, has, or will have',
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(PricesShown) }) },
        },
      },
      async () => ({
        items: (await view.list()).map(({ id, prices }) => ({
          id,
          inForce: priceAt(prices, clock.now())?.version ?? null,
          prices,
        })),
      }),
    );

    app.put(
      '/admin/v1/prices/:id',
      {
        config: publish,
        schema: {
          tags,
          summary: 'Publish what a model costs, from now on or from later',
          description: 'Whole pico-dollars (1e-12 US dollars) a token: $1.25 a million is 1250000.',
          params: Params,
          body: Publication,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const command = { type: 'PublishPrice', modelId: id, ...request.body } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request, PLATFORM)));
      },
    );
  };
