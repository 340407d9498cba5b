import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { metaOf } from '#api/requests.ts';
import { audienceOf } from '#domain/identity-provider/claims.ts';
import type { IdentityProviderCommand } from '#domain/identity-provider/decide.ts';
import {
  Audience,
  ClaimRule,
  DefaultRoles,
  Issuer,
  MOST_RULES,
} from '#domain/identity-provider/events.ts';
import { identityProviderIdOf } from '#domain/identity-provider/ids.ts';
import { IdentityProviderId, type TenantId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { TenantRole } from '#domain/rights.ts';
import type { IdentityProviderItem } from '#projections/identity-providers.ts';
import type { Page, PageQuery } from '#projections/page.ts';
import { Changed, answerWritten } from './answer-written.ts';

export type IdentityProviderDeps = {
  readonly handle: Handle<IdentityProviderId, IdentityProviderCommand>;
  /** Whether this server may fetch keys there. */
  readonly issuerAllowed: (issuer: URL) => boolean;
  readonly view: {
    readonly list: (tenant: TenantId, page: PageQuery) => Promise<Page<IdentityProviderItem>>;
    readonly find: (
      tenant: TenantId,
      id: IdentityProviderId,
    ) => Promise<IdentityProviderItem | undefined>;
  };
};

const Params = z.strictObject({ id: IdentityProviderId });
const After = z.tuple([z.iso.datetime(), IdentityProviderId]);
const audience = Audience.optional().describe(
  'What a token’s `aud` must hold; without one `palimpsest:<tenant>`. Tokens for another audience ' +
    'must name the tenant in the claim `palimpsest_tenant`.',
);
const rules = z
  .array(z.strictObject(ClaimRule.shape))
  .max(MOST_RULES)
  .describe('Whose token holds `value` at `claim` (alone or in a list) has these roles.');
const Registration = z.strictObject({
  issuer: Issuer.describe('To the letter as in its tokens’ `iss`.'),
  audience,
  rules: rules.default([]),
  defaultRoles: DefaultRoles.default([]).describe('Of tokens to which no rule applies.'),
  admitsNew: z.boolean().default(false).describe('Whether a first sign-in makes a member.'),
});
const Change = z.strictObject({
  audience,
  rules: rules.optional(),
  defaultRoles: DefaultRoles.optional(),
  admitsNew: z.boolean().optional(),
});
const Shown = z.object({
  id: IdentityProviderId,
  issuer: z.string(),
  audience: z.string(),
  rules: z
    .array(
      z.object({
        claim: z.array(z.string()).readonly(),
        value: z.string(),
        roles: z.array(TenantRole).readonly(),
      }),
    )
    .readonly(),
  defaultRoles: z.array(TenantRole).readonly(),
  admitsNew: z.boolean(),
  revision: z.int(),
  registeredAt: z.string(),
});

export const identityProviderRoutes =
  ({ handle, issuerAllowed, view }: IdentityProviderDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['identity-providers'];
    const views = ['identity_providers'];
    const read = { audience: 'tenant', action: 'identity-provider.read', views } as const;
    const manage = { audience: 'tenant', action: 'identity-provider.manage' } as const;
    const one = '/v1/identity-providers/:id';

    app.get(
      '/v1/identity-providers',
      {
        config: read,
        schema: {
          tags,
          summary: 'Whose access tokens open this tenant, oldest first',
          querystring: z.strictObject(pageQuery),
          response: { 200: pageOf(Shown) },
        },
      },
      async ({ principal, query: { cursor, limit } }) =>
        paged(await view.list(principal.tenant, { after: cursorFrom(After, cursor), limit })),
    );

    app.post(
      '/v1/identity-providers',
      {
        config: manage,
        schema: {
          tags,
          summary: 'Let people in with the access tokens of an OpenID Connect issuer',
          description:
            'A token’s issuer and subject are one member. Its roles come from its claims at each ' +
            'use, and nobody gives roles above their own; `owner` only by a rule of an owner.',
          body: Registration,
          response: { 201: Changed },
        },
      },
      async (request, reply) => {
        const { body, principal } = request;
        const { tenant } = principal;
        const id = identityProviderIdOf(tenant, body.issuer);
        const command = {
          type: 'RegisterIdentityProvider',
          ...body,
          audience: body.audience ?? audienceOf(tenant),
          issuerAllowed: issuerAllowed(new URL(body.issuer)),
        } as const;
        const written = await handle(id, command, metaOf(request));
        return answerWritten(reply, id, written, `/v1/identity-providers/${id}`);
      },
    );

    app.get(
      one,
      {
        config: read,
        schema: {
          tags,
          summary: 'An identity provider',
          params: Params,
          response: { 200: Shown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const found = await view.find(request.principal.tenant, request.params.id);
        if (!found) throw new Rejected('identity-provider/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send();
        return found;
      },
    );

    app.patch(
      one,
      {
        config: manage,
        schema: {
          tags,
          summary: 'Change what its tokens give; what is left out stays',
          params: Params,
          body: Change,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const command = { type: 'ChangeIdentityProvider', ...request.body } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request)));
      },
    );

    app.delete(
      one,
      {
        config: manage,
        schema: {
          tags,
          summary: 'Take every token of this issuer out of use; its members stay',
          params: Params,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const command = { type: 'RemoveIdentityProvider' } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request)));
      },
    );
  };
