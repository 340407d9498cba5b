import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pageInCreatedOrder } from '#api/created-order.ts';
import { pageOf, pageQuery } from '#api/cursor.ts';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import type { GroupCommand } from '#domain/group/decide.ts';
import { GroupName } from '#domain/group/events.ts';
import { GroupId, MemberId, type TenantId, derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { CreatedAfter } from '#projections/created-order.ts';

export const GroupShown = z.object({
  groupId: z.string(),
  /** `null` where the name was erased. */
  name: z.string().nullable(),
  members: z.array(z.string()),
  createdAt: z.string(),
  revision: z.int(),
});
export type GroupShown = z.infer<typeof GroupShown>;

export type GroupDeps = {
  readonly handle: Handle<GroupId, GroupCommand>;
  /** From the member's stream. */
  readonly memberExists: (tenant: TenantId, member: MemberId) => Promise<boolean>;
  readonly view: {
    readonly list: (tenant: TenantId, page: CreatedAfter) => Promise<readonly GroupShown[]>;
    readonly find: (tenant: TenantId, id: GroupId) => Promise<GroupShown | undefined>;
  };
};

const Params = z.object({ groupId: GroupId });
const Membership = z.object({ groupId: GroupId, memberId: MemberId });
const Named = z.strictObject({ name: GroupName });
const Made = z.object({ groupId: GroupId });

export const groupRoutes =
  ({ handle, memberExists, view }: GroupDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['groups'];
    const read = { audience: 'tenant', action: 'group.read', views: ['group-list'] } as const;
    const manage = { audience: 'tenant', action: 'group.manage' } as const;
    const one = '/v1/groups/:groupId';
    const membership = `${one}/members/:memberId`;
    const response = { 204: z.null() };

    app.get(
      '/v1/groups',
      {
        config: read,
        schema: {
          tags,
          summary: 'The groups of the tenant, oldest first',
          querystring: z.strictObject(pageQuery),
          response: { 200: pageOf(GroupShown) },
        },
      },
      async ({ principal, query }) =>
        await pageInCreatedOrder(
          query,
          (page) => view.list(principal.tenant, page),
          ({ groupId }) => groupId,
        ),
    );

    app.post(
      '/v1/groups',
      {
        config: manage,
        schema: { tags, summary: 'Make a group', body: Named, response: { 201: Made } },
      },
      async (request, reply) => {
        const meta = metaOf(request);
        const groupId = derivedUuid(meta.commandId, 'group') as GroupId;
        const written = await handle(groupId, { type: 'CreateGroup', ...request.body }, meta);
        reply.code(201).header('location', `/v1/groups/${groupId}`);
        return replyWritten(reply, written).send({ groupId });
      },
    );

    app.get(
      one,
      {
        config: read,
        schema: {
          tags,
          summary: 'A group and who is in it',
          params: Params,
          response: { 200: GroupShown, 304: z.null() },
        },
      },
      async (request, reply) => {
        const found = await view.find(request.principal.tenant, request.params.groupId);
        if (!found) throw new Rejected('group/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send(null);
        return found;
      },
    );

    app.patch(
      one,
      {
        config: manage,
        schema: { tags, summary: 'Rename a group', params: Params, body: Named, response },
      },
      async (request, reply) => {
        const { params, body } = request;
        const command = { type: 'RenameGroup', ...body } as const;
        const written = await handle(params.groupId, command, metaOf(request));
        return replyWritten(reply, written).code(204).send(null);
      },
    );

    app.delete(
      one,
      {
        config: manage,
        schema: {
          tags,
          summary: 'Delete a group; access lists that name it lose what it gave',
          params: Params,
          response,
        },
      },
      async (request, reply) => {
        const { groupId } = request.params;
        const written = await handle(groupId, { type: 'DeleteGroup' }, metaOf(request));
        return replyWritten(reply, written).code(204).send(null);
      },
    );

    app.put(
      membership,
      {
        config: manage,
        schema: { tags, summary: 'Put a member into a group', params: Membership, response },
      },
      async (request, reply) => {
        const { groupId, memberId } = request.params;
        const exists = await memberExists(request.principal.tenant, memberId);
        const command = { type: 'AddToGroup', memberId, memberExists: exists } as const;
        const written = await handle(groupId, command, metaOf(request));
        return replyWritten(reply, written).code(204).send(null);
      },
    );

    app.delete(
      membership,
      {
        config: manage,
        schema: { tags, summary: 'Take a member out of a group', params: Membership, response },
      },
      async (request, reply) => {
        const { groupId, memberId } = request.params;
        const command = { type: 'RemoveFromGroup', memberId } as const;
        const written = await handle(groupId, command, metaOf(request));
        return replyWritten(reply, written).code(204).send(null);
      },
    );
  };
