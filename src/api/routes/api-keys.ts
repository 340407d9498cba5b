import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import type { Handle } from '#api/deps.ts';
import { metaOf } from '#api/requests.ts';
import type { ApiKeyCommand } from '#domain/api-key/decide.ts';
import { ApiKeyId, MemberId, type TenantId } from '#domain/ids.ts';
import { TenantRole } from '#domain/rights.ts';
import type { ApiKeyItem } from '#projections/api-keys.ts';
import type { Page, PageQuery } from '#projections/page.ts';
import { Changed, answerWritten } from './answer-written.ts';
import { type IssueKeyDeps, KeyRequest, NewKey, answerNewKey } from './issue-key.ts';

type KeyQuery = PageQuery & { readonly member?: MemberId | undefined };

export type ApiKeyDeps = IssueKeyDeps & {
  readonly handle: Handle<ApiKeyId, ApiKeyCommand>;
  readonly view: {
    readonly list: (tenant: TenantId, page: KeyQuery) => Promise<Page<ApiKeyItem>>;
  };
};

const Params = z.strictObject({ id: ApiKeyId });
const After = z.tuple([z.iso.datetime(), ApiKeyId]);
const ListQuery = z.strictObject({
  ...pageQuery,
  member: MemberId.optional().describe('Only the keys of this member.'),
});
const ApiKeyShown = z.object({
  id: ApiKeyId,
  memberId: MemberId,
  name: z.string().nullable(),
  roles: z.array(TenantRole).readonly(),
  labels: z.record(z.string(), z.string()),
  issuedBy: MemberId,
  issuedAt: z.string(),
  expiresAt: z.string().nullable(),
  revokedAt: z.string().nullable(),
});

export const apiKeyRoutes =
  (deps: ApiKeyDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const { handle, view } = deps;
    const tags = ['api-keys'];

    app.get(
      '/v1/api-keys',
      {
        config: { audience: 'tenant', action: 'api-key.read', views: ['api_keys'] },
        schema: {
          tags,
          summary: 'The keys of the tenant, oldest first; their secrets are kept nowhere',
          querystring: ListQuery,
          response: { 200: pageOf(ApiKeyShown) },
        },
      },
      async ({ principal, query: { cursor, limit, member } }) => {
        const after = cursorFrom(After, cursor);
        return paged(await view.list(principal.tenant, { after, limit, member }));
      },
    );

    app.post(
      '/v1/api-keys',
      {
        config: { audience: 'tenant', action: 'api-key.issue' },
        schema: {
          tags,
          summary: 'Make a key for a member, without `memberId` for yourself',
          description: 'Its roles are some of the member’s; at use it never has more than these.',
          body: KeyRequest,
          response: { 200: NewKey, 201: NewKey },
        },
      },
      async (request, reply) => {
        const { body, principal } = request;
        const asked = { ...body, memberId: body.memberId ?? principal.member };
        return await answerNewKey(deps, request, reply, principal.tenant, asked);
      },
    );

    app.delete(
      '/v1/api-keys/:id',
      {
        config: { audience: 'tenant', action: 'api-key.revoke' },
        schema: {
          tags,
          summary: 'Revoke a key, from the next request on',
          params: Params,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const command = { type: 'RevokeApiKey' } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request)));
      },
    );
  };
