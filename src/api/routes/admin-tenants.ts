import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { metaOf } from '#api/requests.ts';
import { PlanId, TenantId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { TenantCommand } from '#domain/tenant/decide.ts';
import { Packs, Reason, Region, TenantName } from '#domain/tenant/events.ts';
import { TimeZone } from '#domain/tenant/time-zone.ts';
import type { Page, PageQuery } from '#projections/page.ts';
import type { TenantItem } from '#projections/tenants.ts';
import { Changed, answerWritten } from './answer-written.ts';
import { type IssueKeyDeps, KeyRequest, NewKey, answerNewKey } from './issue-key.ts';

export type AdminTenantDeps = IssueKeyDeps & {
  readonly handle: Handle<TenantId, TenantCommand>;
  /** From the plan's stream. */
  readonly planPublished: (plan: PlanId) => Promise<boolean>;
  /** Over all tenants. */
  readonly view: {
    readonly list: (page: PageQuery) => Promise<Page<TenantItem>>;
    readonly find: (id: TenantId) => Promise<TenantItem | undefined>;
  };
};

const Params = z.strictObject({ id: TenantId });
const After = z.tuple([TenantId]);
const settings = { region: Region.optional(), packs: Packs.optional() };
const Registration = z.strictObject({
  tenantId: TenantId,
  name: TenantName,
  plan: PlanId,
  timeZone: TimeZone.optional(),
  ...settings,
});
const Update = z.strictObject({
  name: TenantName.optional(),
  plan: PlanId.optional(),
  timeZone: TimeZone.optional(),
  ...settings,
});
const Why = z.strictObject({ reason: Reason.optional() }).nullish();
const TenantShown = z.object({
  id: TenantId,
  name: z.string(),
  plan: PlanId,
  timeZone: z.string(),
  region: z.string().nullable(),
  packs: z.array(z.string()).readonly(),
  status: z.enum(['active', 'suspended', 'offboarded']),
  revision: z.int(),
  registeredAt: z.string(),
});

/** The operator's own routes. Each command is the named tenant's, not the platform's. */
export const adminTenantRoutes =
  (deps: AdminTenantDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const { handle, planPublished, view } = deps;
    const tags = ['tenants'];
    const read = { audience: 'operator', action: 'tenant.read', views: ['tenants'] } as const;
    const one = '/admin/v1/tenants/:id';

    app.get(
      '/admin/v1/tenants',
      {
        config: read,
        schema: {
          tags,
          summary: 'Every tenant, by id',
          querystring: z.strictObject(pageQuery),
          response: { 200: pageOf(TenantShown) },
        },
      },
      async ({ query: { cursor, limit } }) =>
        paged(await view.list({ after: cursorFrom(After, cursor), limit })),
    );

    app.post(
      '/admin/v1/tenants',
      {
        config: { audience: 'operator', action: 'tenant.register' },
        schema: {
          tags,
          summary: 'Register a tenant',
          body: Registration,
          response: { 201: Changed },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const { tenantId } = body;
        const published = await planPublished(body.plan);
        const command = { type: 'RegisterTenant', ...body, planPublished: published } as const;
        const written = await handle(tenantId, command, metaOf(request, tenantId));
        return answerWritten(reply, tenantId, written, `/admin/v1/tenants/${tenantId}`);
      },
    );

    app.get(
      one,
      {
        config: read,
        schema: {
          tags,
          summary: 'A tenant',
          params: Params,
          response: { 200: TenantShown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const found = await view.find(request.params.id);
        if (!found) throw new Rejected('tenant/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send();
        return found;
      },
    );

    app.patch(
      one,
      {
        config: { audience: 'operator', action: 'tenant.update' },
        schema: {
          tags,
          summary: 'Change name, plan, time zone, region or packs; what is left out stays',
          params: Params,
          body: Update,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const { id } = request.params;
        const published = body.plan === undefined ? undefined : await planPublished(body.plan);
        const command = { type: 'UpdateTenant', ...body, planPublished: published } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request, id)));
      },
    );

    for (const [verb, type, action, summary] of [
      ['suspend', 'SuspendTenant', 'tenant.suspend', 'Refuse every key of the tenant for now'],
      ['resume', 'ResumeTenant', 'tenant.suspend', 'Let the keys of a suspended tenant in again'],
      ['offboard', 'OffboardTenant', 'tenant.offboard', 'Close the tenant for good'],
    ] as const) {
      app.post(
        `${one}/${verb}`,
        {
          config: { audience: 'operator', action },
          schema: { tags, summary, params: Params, body: Why, response: { 200: Changed } },
        },
        async (request, reply) => {
          const { id } = request.params;
          const command = { type, reason: request.body?.reason } as const;
          return answerWritten(reply, id, await handle(id, command, metaOf(request, id)));
        },
      );
    }

    app.post(
      `${one}/api-keys`,
      {
        config: { audience: 'operator', action: 'api-key.issue' },
        schema: {
          tags,
          summary: 'Make a key into the tenant, which lives one hour at most',
          description: 'Without `memberId` it is for the first owner, who is made when not there.',
          params: Params,
          body: KeyRequest,
          response: { 200: NewKey, 201: NewKey },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        return await answerNewKey(deps, request, reply, id, request.body);
      },
    );
  };
