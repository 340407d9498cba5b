import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pageInCreatedOrder } from '#api/created-order.ts';
import { pageOf, pageQuery } from '#api/cursor.ts';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import { MemberId, type TenantId, derivedUuid } from '#domain/ids.ts';
import type { MemberCommand } from '#domain/member/decide.ts';
import { Email, MemberName, TenantRoles } from '#domain/member/events.ts';
import { Rejected } from '#domain/rejected.ts';
import { TenantRole } from '#domain/rights.ts';
import type { CreatedAfter } from '#projections/created-order.ts';

export const MemberShown = z.object({
  memberId: z.string(),
  /** `null` where the member's personal data was erased, or none was given. */
  name: z.string().nullable(),
  email: z.string().nullable(),
  roles: z.array(TenantRole),
  status: z.enum(['active', 'deactivated', 'erased']),
  createdAt: z.string(),
  revision: z.int(),
});
export type MemberShown = z.infer<typeof MemberShown>;

export type MemberDeps = {
  /** The path that keeps an owner. */
  readonly handle: Handle<MemberId, MemberCommand>;
  readonly view: {
    readonly list: (tenant: TenantId, page: CreatedAfter) => Promise<readonly MemberShown[]>;
    readonly find: (tenant: TenantId, id: MemberId) => Promise<MemberShown | undefined>;
    /** The member who is not deactivated and has this address. */
    readonly byEmail: (tenant: TenantId, email: string) => Promise<MemberId | undefined>;
  };
};

const Params = z.object({ memberId: MemberId });
const Invitation = z.strictObject({
  name: MemberName,
  email: Email.optional(),
  roles: TenantRoles,
});
const Change = z.strictObject({
  name: MemberName.optional(),
  email: Email.optional(),
  roles: TenantRoles.optional(),
});
const Nothing = z.strictObject({}).nullish();
const Made = z.object({ memberId: MemberId });

export const memberRoutes =
  ({ handle, view }: MemberDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['members'];
    const views = ['member-list'];
    const one = '/v1/members/:memberId';
    const taken = async (tenant: TenantId, email: string | undefined, except?: MemberId) => {
      const found = email === undefined ? undefined : await view.byEmail(tenant, email);
      return found !== undefined && found !== except;
    };

    app.get(
      '/v1/members',
      {
        config: { audience: 'tenant', action: 'member.read', views },
        schema: {
          tags,
          summary: 'The members of the tenant, oldest first',
          querystring: z.strictObject(pageQuery),
          response: { 200: pageOf(MemberShown) },
        },
      },
      async ({ principal, query }) =>
        await pageInCreatedOrder(
          query,
          (page) => view.list(principal.tenant, page),
          ({ memberId }) => memberId,
        ),
    );

    app.post(
      '/v1/members',
      {
        config: { audience: 'tenant', action: 'member.invite' },
        schema: {
          tags,
          summary: 'Invite a member',
          body: Invitation,
          response: { 201: Made },
        },
      },
      async (request, reply) => {
        const { body, principal } = request;
        const meta = metaOf(request);
        const memberId = derivedUuid(meta.commandId, 'member') as MemberId;
        const emailTaken = await taken(principal.tenant, body.email, memberId);
        const written = await handle(memberId, { type: 'InviteMember', ...body, emailTaken }, meta);
        reply.code(201).header('location', `/v1/members/${memberId}`);
        return replyWritten(reply, written).send({ memberId });
      },
    );

    app.get(
      one,
      {
        config: { audience: 'tenant', action: 'member.read', views },
        schema: {
          tags,
          summary: 'A member',
          params: Params,
          response: { 200: MemberShown, 304: z.null() },
        },
      },
      async (request, reply) => {
        const found = await view.find(request.principal.tenant, request.params.memberId);
        if (!found) throw new Rejected('member/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send(null);
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
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { body, principal, params } = request;
        const emailTaken = await taken(principal.tenant, body.email, params.memberId);
        const command = { type: 'ChangeMember', ...body, emailTaken } as const;
        const written = await handle(params.memberId, command, metaOf(request));
        return replyWritten(reply, written).code(204).send(null);
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
          schema: { tags, summary, params: Params, body: Nothing, response: { 204: z.null() } },
        },
        async (request, reply) => {
          const written = await handle(request.params.memberId, { type }, metaOf(request));
          return replyWritten(reply, written).code(204).send(null);
        },
      );
    }
  };
