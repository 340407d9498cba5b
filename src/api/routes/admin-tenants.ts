import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pageInCreatedOrder } from '#api/created-order.ts';
import { pageOf, pageQuery } from '#api/cursor.ts';
import type { Handle } from '#api/deps.ts';
import { notModified } from '#api/etag.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import { PlanId, TenantId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { TenantCommand } from '#domain/tenant/decide.ts';
import { Packs, Reason, Region, TenantName } from '#domain/tenant/events.ts';
import { TimeZone } from '#domain/tenant/time-zone.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { type IssueKeyDeps, KeyRequest, NewKey, replyWithNewKey } from './issue-key.ts';
import type { CreatedAfter } from '#projections/created-order.ts';

export const TenantShown = z.object({
  tenantId: z.string(),
  name: z.string(),
  plan: z.string(),
  timeZone: z.string(),
  region: z.string().nullable(),
  packs: z.array(z.string()),
  status: z.enum(['active', 'suspended', 'offboarded']),
  createdAt: z.string(),
  revision: z.int(),
});
export type TenantShown = z.infer<typeof TenantShown>;

export type AdminTenantDeps = IssueKeyDeps & {
  readonly handle: Handle<TenantId, TenantCommand>;
  /** From the plan's stream. */
  readonly planPublished: (plan: PlanId) => Promise<boolean>;
  /** Over all tenants. */
  readonly view: {
    readonly list: (page: CreatedAfter) => Promise<readonly TenantShown[]>;
    readonly find: (id: TenantId) => Promise<TenantShown | undefined>;
  };
};

const Params = z.object({ tenantId: TenantId });
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
const Made = z.object({ tenantId: TenantId });

/** The operator's own routes. Each command runs inside the tenant that it is about. */
export const adminTenantRoutes =
  (deps: AdminTenantDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const { handle, planPublished, view } = deps;
    const tags = ['tenants'];
    const read = { audience: 'operator', action: 'tenant.read', views: ['tenant-list'] } as const;
    const one = '/admin/v1/tenants/:tenantId';

    app.get(
      '/admin/v1/tenants',
      {
        config: read,
        schema: {
          tags,
          summary: 'Every tenant, oldest first',
          querystring: z.strictObject(pageQuery),
          response: { 200: pageOf(TenantShown) },
        },
      },
      async ({ query }) => await pageInCreatedOrder(query, view.list, ({ tenantId }) => tenantId),
    );

    app.post(
      '/admin/v1/tenants',
      {
        config: { audience: 'operator', action: 'tenant.register' },
        schema: { tags, summary: 'Register a tenant', body: Registration, response: { 201: Made } },
      },
      async (request, reply) => {
        const { body } = request;
        const { tenantId } = body;
        const published = await planPublished(body.plan);
        const command = { type: 'RegisterTenant', ...body, planPublished: published } as const;
        const written = await runAsTenant(tenantId, () =>
          handle(tenantId, command, metaOf(request, tenantId)),
        );
        reply.code(201).header('location', `/admin/v1/tenants/${tenantId}`);
        return replyWritten(reply, written).send({ tenantId });
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
          response: { 200: TenantShown, 304: z.null() },
        },
      },
      async (request, reply) => {
        const found = await view.find(request.params.tenantId);
        if (!found) throw new Rejected('tenant/not-found');
        if (notModified(request, reply, found.revision)) return reply.code(304).send(null);
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
          response: { 204: z.null() },
        },
      },
      async (request, reply) => {
        const { body, params } = request;
        const published = body.plan === undefined ? undefined : await planPublished(body.plan);
        const command = { type: 'UpdateTenant', ...body, planPublished: published } as const;
        const written = await runAsTenant(params.tenantId, () =>
          handle(params.tenantId, command, metaOf(request, params.tenantId)),
        );
        return replyWritten(reply, written).code(204).send(null);
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
          schema: { tags, summary, params: Params, body: Why, response: { 204: z.null() } },
        },
        async (request, reply) => {
          const { tenantId } = request.params;
          const command = { type, reason: request.body?.reason } as const;
          const written = await runAsTenant(tenantId, () =>
            handle(tenantId, command, metaOf(request, tenantId)),
          );
          return replyWritten(reply, written).code(204).send(null);
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
        const tenant = request.params.tenantId;
        const { body } = request;
        return await runAsTenant(tenant, () =>
          replyWithNewKey(deps, request, reply, { tenant, body }),
        );
      },
    );
  };
