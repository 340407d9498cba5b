import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { metaOf } from '#api/requests.ts';
import { Issuer } from '#domain/identity-provider/events.ts';
import { memberOfIdentity } from '#domain/identity-provider/ids.ts';
import { MemberId, type TenantId, derivedUuid } from '#domain/ids.ts';
import type { MemberCommand } from '#domain/member/decide.ts';
import { Email, MemberName, TenantRoles } from '#domain/member/events.ts';
import { Rejected } from '#domain/rejected.ts';
import { TenantRole } from '#domain/rights.ts';
import type { MemberItem } from '#projections/members.ts';
import type { Page, PageQuery } from '#projections/page.ts';
import { Changed, answerWritten } from './answer-written.ts';

export type MemberDeps = {
  /** The path that keeps an owner. */
  readonly handle: Handle<MemberId, MemberCommand>;
  readonly view: {
    readonly list: (tenant: TenantId, page: PageQuery) => Promise<Page<MemberItem>>;
    readonly find: (tenant: TenantId, id: MemberId) => Promise<MemberItem | undefined>;
    /** The active member who has this address. */
    readonly byEmail: (tenant: TenantId, email: string) => Promise<MemberId | undefined>;
  };
};

const Params = z.strictObject({ id: MemberId });
const After = z.tuple([z.iso.datetime(), MemberId]);
const Nothing = z.strictObject({}).nullish();
const Invitation = z.strictObject({
  name: MemberName,
  email: Email.optional(),
  roles: TenantRoles,
  identity: z
    .strictObject({ issuer: Issuer, subject: z.string().min(1).max(255) })
    .optional()
    .describe('As whom they will sign in; their tokens then give no more than `roles`.'),
});
const Change = z.strictObject({
  name: MemberName.optional(),
  email: Email.optional(),
  roles: TenantRoles.optional(),
});
const MemberShown = z.object({
  id: MemberId,
  name: z.string().nullable().describe('null where the personal data was erased.'),
  email: z.string().nullable(),
  roles: z
    .array(TenantRole)
    .readonly()
    .describe(
      'Of somebody who joined by a sign-in: what the claims gave then, until they are set.',
    ),
  status: z.enum(['active', 'deactivated', 'erased']),
  revision: z.int(),
  invitedAt: z.string(),
});

export const memberRoutes =
  ({ handle, view }: MemberDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['members'];
    const read = { audience: 'tenant', action: 'member.read', views: ['members'] } as const;
    const one = '/v1/members/:id';
    const isTaken = async (tenant: TenantId, email: string | undefined, except: MemberId) => {
      const found = email === undefined ? undefined : await view.byEmail(tenant, email);
      return found !== undefined && found !== except;
    };

    app.get(
      '/v1/members',
      {
        config: read,
        schema: {
          tags,
          summary: 'The members of the tenant, oldest first',
          querystring: z.strictObject(pageQuery),
          response: { 200: pageOf(MemberShown) },
        },
      },
      async ({ principal, query: { cursor, limit } }) =>
        paged(await view.list(principal.tenant, { after: cursorFrom(After, cursor), limit })),
    );

    app.post(
      '/v1/members',
      {
        config: { audience: 'tenant', action: 'member.invite' },
        schema: {
          tags,
          summary: 'Invite a member',
          body: Invitation,
          response: { 201: Changed },
        },
      },
      async (request, reply) => {
        const { body, principal } = request;
        const meta = metaOf(request);
        const { identity } = body;
        const id = identity
          ? memberOfIdentity(principal.tenant, identity)
          : (derivedUuid('member', meta.commandId) as MemberId);
        const emailTaken = await isTaken(principal.tenant, body.email, id);
        const written = await handle(id, { type: 'InviteMember', ...body, emailTaken }, meta);
        return answerWritten(reply, id, written, `/v1/members/${id}`);
      },
    );

    app.get(
      one,
      {
        config: read,
        schema: {
          tags,
          summary: 'A member',
          params: Params,
          response: { 200: MemberShown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const found = await view.find(request.principal.tenant, request.params.id);
        if (!found) throw new Rejected('member/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send();
        return found;
      },
    );

    app.patch(
      one,
      {
        config: { audience: 'tenant', action: 'member.change' },
        schema: {
          tags,
          summary: 'Change name, e-mail address or roles; what is left out stays',
          params: Params,
          body: Change,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { body, principal, params } = request;
        const emailTaken = await isTaken(principal.tenant, body.email, params.id);
        const command = { type: 'ChangeMember', ...body, emailTaken } as const;
        return answerWritten(reply, params.id, await handle(params.id, command, metaOf(request)));
      },
    );

    for (const [verb, type, summary] of [
      ['deactivate', 'DeactivateMember', 'Take every right and key out of use'],
      ['reactivate', 'ReactivateMember', 'Let a deactivated member in again, with the same roles'],
    ] as const) {
      app.post(
        `${one}/${verb}`,
        {
          config: { audience: 'tenant', action: 'member.deactivate' },
          schema: { tags, summary, params: Params, body: Nothing, response: { 200: Changed } },
        },
        async (request, reply) => {
          const { id } = request.params;
          return answerWritten(reply, id, await handle(id, { type }, metaOf(request)));
        },
      );
    }
  };
