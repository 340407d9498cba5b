import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pageInCreatedOrder } from '#api/created-order.ts';
import { pageOf, pageQuery } from '#api/cursor.ts';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import type { ApiKeyCommand } from '#domain/api-key/decide.ts';
import { ApiKeyId, type TenantId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { TenantRole } from '#domain/rights.ts';
import { type IssueKeyDeps, KeyRequest, NewKey, replyWithNewKey } from './issue-key.ts';
import type { CreatedAfter } from '#projections/created-order.ts';

export const ApiKeyShown = z.object({
  keyId: z.string(),
  /** `null`, like the rest, where the member's personal data was erased. */
  memberId: z.string().nullable(),
  name: z.string().nullable(),
  roles: z.array(TenantRole),
  labels: z.record(z.string(), z.string()),
  expiresAt: z.string().nullable(),
  status: z.enum(['issued', 'revoked', 'erased']),
  createdAt: z.string(),
  revision: z.int(),
});
export type ApiKeyShown = z.infer<typeof ApiKeyShown>;

export type ApiKeyDeps = IssueKeyDeps & {
  readonly handle: Handle<ApiKeyId, ApiKeyCommand>;
  readonly view: {
    readonly list: (tenant: TenantId, page: CreatedAfter) => Promise<readonly ApiKeyShown[]>;
    readonly find: (tenant: TenantId, id: ApiKeyId) => Promise<ApiKeyShown | undefined>;
  };
};

const Params = z.object({ keyId: ApiKeyId });

export const apiKeyRoutes =
  (deps: ApiKeyDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const { handle, view } = deps;
    const tags = ['api-keys'];
    const read = { audience: 'tenant', action: 'api-key.read', views: ['api-key-list'] } as const;

    app.get(
      '/v1/api-keys',
      {
        config: read,
        schema: {
          tags,
          summary: 'The keys of the tenant, oldest first; their secrets are kept nowhere',
          querystring: z.strictObject(pageQuery),
          response: { 200: pageOf(ApiKeyShown) },
        },
      },
      async ({ principal, query }) =>
        await pageInCreatedOrder(
          query,
          (page) => view.list(principal.tenant, page),
          ({ keyId }) => keyId,
        ),
    );

    app.post(
      '/v1/api-keys',
      {
        config: { audience: 'tenant', action: 'api-key.issue' },
        schema: {
          tags,
          summary: 'Make a key for a member, without `memberId` for yourself',
          description: 'Its roles are some of the member’s; at use it never has more than him.',
          body: KeyRequest,
          response: { 200: NewKey, 201: NewKey },
        },
      },
      async (request, reply) => {
        const { body, principal } = request;
        const forSomeone = { ...body, memberId: body.memberId ?? principal.member };
        return await replyWithNewKey(deps, request, reply, {
          tenant: principal.tenant,
          body: forSomeone,
        });
      },
    );

    app.get(
      '/v1/api-keys/:keyId',
      {
        config: read,
        schema: {
          tags,
          summary: 'A key',
          params: Params,
          response: { 200: ApiKeyShown, 304: z.null() },
        },
      },
      async (request, reply) => {
        const found = await view.find(request.principal.tenant, request.params.keyId);
        if (!found) throw new Rejected('api-key/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send(null);
        return found;
      },
    );

    app.delete(
      '/v1/api-keys/:keyId',
      {
        config: { audience: 'tenant', action: 'api-key.revoke' },
        schema: {
          tags,
          summary: 'Revoke a key, from the next request on',
          params: Params,
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { keyId } = request.params;
        const written = await handle(keyId, { type: 'RevokeApiKey' }, metaOf(request));
        return replyWritten(reply, written).code(204).send(null);
      },
    );
  };
