import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CommandMeta, Handle, Written } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { metaOf } from '#api/requests.ts';
import { PLATFORM, ProviderId, type ProviderKeyId } from '#domain/ids.ts';
import type { PublishProvider } from '#domain/provider/decide.ts';
import { BaseUrl, ProviderSettings } from '#domain/provider/events.ts';
import type { ProviderKeyCommand } from '#domain/provider-key/decide.ts';
import { KeyText } from '#domain/provider-key/events.ts';
import { providerKeyIdOf } from '#domain/provider-key/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { ProviderKeyItem } from '#projections/provider-keys.ts';
import type { ProviderItem } from '#projections/providers.ts';
import { Changed, answerWritten } from './answer-written.ts';

export type AdminProviderDeps = {
  readonly handle: Handle<ProviderId, PublishProvider>;
  readonly keys: Handle<ProviderKeyId, ProviderKeyCommand>;
  readonly setKey: (
    provider: ProviderId,
    key: string,
    meta: CommandMeta,
  ) => Promise<{ readonly outcome: Written }>;
  /** Newest versions. There are few, so they are not paged. */
  readonly view: {
    readonly list: () => Promise<readonly ProviderItem[]>;
    /** The platform's own keys. */
    readonly keys: () => Promise<readonly ProviderKeyItem[]>;
  };
};

const Params = z.strictObject({ id: ProviderId });
const Publication = z.strictObject({
  ...ProviderSettings.shape,
  baseUrl: BaseUrl.nullable().describe('null: where the protocol’s own company listens'),
});
const Shown = ProviderSettings.extend({
  id: ProviderId,
  version: z.int().describe('Counts how often the provider was published, from 1.'),
  publishedAt: z.string(),
  key: z
    .object({ ending: z.string(), setAt: z.string() })
    .nullable()
    .describe('Of the platform’s own key; null: tenants need keys of their own'),
});

/** Where prompts may go. */
export const adminProviderRoutes =
  ({ handle, keys, setKey, view }: AdminProviderDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['providers'];
    const views = ['providers', 'provider_keys'];
    const read = { audience: 'operator', action: 'provider.read', views } as const;
    const publish = { audience: 'operator', action: 'provider.publish' } as const;
    const manageKey = { audience: 'operator', action: 'provider-key.manage' } as const;
    const one = '/admin/v1/providers/:id';

    const shown = async () => {
      const [items, known] = await Promise.all([view.list(), view.keys()]);
      return items.map((item) => {
        const key = known.find(({ provider, revokedAt }) => provider === item.id && !revokedAt);
        return { item, key: key ? { ending: key.ending, setAt: key.setAt } : null };
      });
    };

    app.get(
      '/admin/v1/providers',
      {
        config: read,
        schema: {
          tags,
          summary: 'Every provider, as it was published last',
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(Shown) }) },
        },
      },
      async () => ({ items: (await shown()).map(({ item, key }) => Object.assign(item, { key })) }),
    );

    app.put(
      one,
      {
        config: publish,
        schema: {
          tags,
          summary: 'Publish a provider, or its next version; the ones before stay known',
          params: Params,
          body: Publication,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const command = {
          type: 'PublishProvider',
          providerId: id,
          settings: request.body,
        } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request, PLATFORM)));
      },
    );

    app.get(
      one,
      {
        config: read,
        schema: {
          tags,
          summary: 'A provider',
          params: Params,
          response: { 200: Shown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const found = (await shown()).find(({ item }) => item.id === request.params.id);
        if (!found) throw new Rejected('provider/not-found');
        const { item, key } = found;
        // Its stream holds nothing but versions, and revisions count from 0.
        if (notModified(request, reply, item.version - 1)) return reply.code(304).send();
        return { ...item, key };
      },
    );

    app.put(
      `${one}/key`,
      {
        config: manageKey,
        schema: {
          tags,
          summary: 'Set the key with which the platform is known there; shown never again',
          params: Params,
          body: z.strictObject({ key: KeyText }),
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const { outcome } = await setKey(id, request.body.key, metaOf(request, PLATFORM));
        return answerWritten(reply, id, outcome);
      },
    );

    app.delete(
      `${one}/key`,
      {
        config: manageKey,
        schema: {
          tags,
          summary: 'Take the platform’s key out of use, for ever',
          params: Params,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const command = { type: 'RevokeProviderKey' } as const;
        const keyId = providerKeyIdOf(PLATFORM, id);
        return answerWritten(reply, id, await keys(keyId, command, metaOf(request, PLATFORM)));
      },
    );
  };
