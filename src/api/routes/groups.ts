import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { metaOf } from '#api/requests.ts';
import type { GroupCommand } from '#domain/group/decide.ts';
import { GroupName } from '#domain/group/events.ts';
import { GroupId, MemberId, type TenantId, derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { GroupItem } from '#projections/groups.ts';
import type { Page, PageQuery } from '#projections/page.ts';
import { Changed, answerWritten } from './answer-written.ts';

export type GroupDeps = {
  readonly handle: Handle<GroupId, GroupCommand>;
  /** From the member's stream. */
  readonly memberExists: (tenant: TenantId, member: MemberId) => Promise<boolean>;
  readonly view: {
    readonly list: (tenant: TenantId, page: PageQuery) => Promise<Page<GroupItem>>;
    readonly find: (tenant: TenantId, id: GroupId) => Promise<GroupItem | undefined>;
  };
};

const Params = z.strictObject({ id: GroupId });
const Membership = z.strictObject({ id: GroupId, memberId: MemberId });
const After = z.tuple([z.iso.datetime(), GroupId]);
const Named = z.strictObject({ name: GroupName });
const GroupShown = z.object({
  id: GroupId,
  name: z.string(),
  members: z.array(MemberId).readonly(),
  revision: z.int(),
  createdAt: z.string(),
});

export const groupRoutes =
  ({ handle, memberExists, view }: GroupDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['groups'];
    const read = { audience: 'tenant', action: 'group.read', views: ['groups'] } as const;
    const manage = { audience: 'tenant', action: 'group.manage' } as const;
    const one = '/v1/groups/:id';
    const membership = `${one}/members/:memberId`;
    const response = { 200: Changed };

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
      async ({ principal, query: { cursor, limit } }) =>
        paged(await view.list(principal.tenant, { after: cursorFrom(After, cursor), limit })),
    );

    app.post(
      '/v1/groups',
      {
        config: manage,
        schema: { tags, summary: 'Make a group', body: Named, response: { 201: Changed } },
      },
      async (request, reply) => {
        const meta = metaOf(request);
        const id = derivedUuid('group', meta.commandId) as GroupId;
        const written = await handle(id, { type: 'CreateGroup', ...request.body }, meta);
        return answerWritten(reply, id, written, `/v1/groups/${id}`);
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
          response: { 200: GroupShown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const found = await view.find(request.principal.tenant, request.params.id);
        if (!found) throw new Rejected('group/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send();
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
        return answerWritten(reply, params.id, await handle(params.id, command, metaOf(request)));
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
        const { id } = request.params;
        const command = { type: 'DeleteGroup' } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request)));
      },
    );

    app.put(
      membership,
      {
        config: manage,
        schema: { tags, summary: 'Put a member into a group', params: Membership, response },
      },
      async (request, reply) => {
        const { id, memberId } = request.params;
        const exists = await memberExists(request.principal.tenant, memberId);
        const command = { type: 'AddToGroup', memberId, memberExists: exists } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request)));
      },
    );

    app.delete(
      membership,
      {
        config: manage,
        schema: { tags, summary: 'Take a member out of a group', params: Membership, response },
      },
      async (request, reply) => {
        const { id, memberId } = request.params;
        const command = { type: 'RemoveFromGroup', memberId } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request)));
      },
    );
  };
