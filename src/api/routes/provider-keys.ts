import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CommandMeta, Handle, Written } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { metaOf } from '#api/requests.ts';
import { MemberId, ProviderId, ProviderKeyId, type TenantId } from '#domain/ids.ts';
import type { ProviderKeyCommand } from '#domain/provider-key/decide.ts';
import { KeyText } from '#domain/provider-key/events.ts';
import { Rejected } from '#domain/rejected.ts';
import type { ProviderKeyItem } from '#projections/provider-keys.ts';
import { Changed, answerWritten } from './answer-written.ts';

export type ProviderKeyDeps = {
  readonly handle: Handle<ProviderKeyId, ProviderKeyCommand>;
  readonly setKey: (
    provider: ProviderId,
    key: string,
    meta: CommandMeta,
  ) => Promise<{ readonly keyId: ProviderKeyId; readonly outcome: Written }>;
  readonly view: { readonly list: (tenant: TenantId) => Promise<readonly ProviderKeyItem[]> };
};

const Params = z.strictObject({ id: ProviderKeyId });
const Shown = z.object({
  id: ProviderKeyId,
  provider: ProviderId,
  ending: z.string().describe('The last four characters of the key'),
  setBy: MemberId,
  setAt: z.string(),
  revokedAt: z.string().nullable(),
  revision: z.int(),
});

/** A tenant's own keys at providers: with one, its prompts go through its own account. */
export const providerKeyRoutes =
  ({ handle, setKey, view }: ProviderKeyDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['provider-keys'];
    const views = ['provider_keys'];
    const read = { audience: 'tenant', action: 'provider-key.read', views } as const;
    const manage = { audience: 'tenant', action: 'provider-key.manage' } as const;

    app.get(
      '/v1/provider-keys',
      {
        config: read,
        schema: {
          tags,
          summary: 'The tenant’s own keys at providers, one each',
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(Shown) }) },
        },
      },
      async ({ principal }) => ({ items: [...(await view.list(principal.tenant))] }),
    );

    app.post(
      '/v1/provider-keys',
      {
        config: manage,
        schema: {
          tags,
          summary: 'Set the tenant’s key at a provider, in the place of the one before',
          description: 'It is kept sealed and shown never again, but for its last four characters.',
          body: z.strictObject({ provider: ProviderId, key: KeyText }),
          response: { 201: Changed },
        },
      },
      async (request, reply) => {
        const { provider, key } = request.body;
        const { keyId, outcome } = await setKey(provider, key, metaOf(request));
        return answerWritten(reply, keyId, outcome, `/v1/provider-keys/${keyId}`);
      },
    );

    app.get(
      '/v1/provider-keys/:id',
      {
        config: read,
        schema: {
          tags,
          summary: 'A key at a provider, without the key',
          params: Params,
          response: { 200: Shown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const keys = await view.list(request.principal.tenant);
        const found = keys.find(({ id }) => id === request.params.id);
        if (!found) throw new Rejected('provider-key/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send();
        return found;
      },
    );

    app.delete(
      '/v1/provider-keys/:id',
      {
        config: manage,
        schema: {
          tags,
          summary: 'Take the key out of use, for ever',
          params: Params,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const command = { type: 'RevokeProviderKey' } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request)));
      },
    );
  };
