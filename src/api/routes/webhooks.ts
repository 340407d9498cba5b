import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { WebhookCreated } from '#commands/webhooks/create-webhook.ts';
import type { CommandMeta, Handle } from '#api/deps.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import { MemberId, type TenantId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { WebhookCommand } from '#domain/webhook/decide.ts';
import { WebhookId } from '#domain/webhook/ids.ts';
import type { DeliveryItem } from '#projections/deliveries.ts';
import type { WebhookItem } from '#projections/webhooks.ts';
import { Changed, answerWritten } from './answer-written.ts';

export type WebhookDeps = {
  readonly create: (url: string, secret: string, meta: CommandMeta) => Promise<WebhookCreated>;
  readonly newSecret: () => string;
  readonly handle: Handle<WebhookId, WebhookCommand>;
  /** Also where it was removed since. */
  readonly wasMade: (tenant: TenantId, id: WebhookId) => Promise<boolean>;
  readonly view: {
    readonly list: (tenant: TenantId) => Promise<readonly WebhookItem[]>;
    readonly deliveries: (tenant: TenantId, id: WebhookId) => Promise<readonly DeliveryItem[]>;
  };
};

const Params = z.strictObject({ id: WebhookId });
const Shown = z.object({
  id: WebhookId,
  url: z.string(),
  createdBy: MemberId,
  createdAt: z.string(),
  revision: z.int(),
});
const Delivery = z.object({
  id: z.string(),
  alert: z.string(),
  status: z.enum(['due', 'made', 'given-up']),
  attempts: z.int().describe('So far'),
  reason: z
    .string()
    .nullable()
    .describe('Why the last attempt failed, or why it was given up: a status or a kind of error'),
  dueAt: z.string(),
  endedAt: z.string().nullable(),
});
const Created = Changed.extend({
  secret: z.string().optional().describe('What deliveries are signed with; shown this once.'),
});

/** Where a tenant is told of what happens. */
export const webhookRoutes =
  ({ create, newSecret, handle, wasMade, view }: WebhookDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['webhooks'];
    const read = { audience: 'tenant', action: 'webhook.read' } as const;
    const manage = { audience: 'tenant', action: 'webhook.manage' } as const;

    app.get(
      '/v1/webhooks',
      {
        config: { ...read, views: ['webhooks'] },
        schema: {
          tags,
          summary: 'The tenant’s webhooks',
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(Shown) }) },
        },
      },
      async ({ principal }) => ({ items: [...(await view.list(principal.tenant))] }),
    );

    app.post(
      '/v1/webhooks',
      {
        config: manage,
        schema: {
          tags,
          summary: 'Have alerts sent to an address',
          description:
            'Each alert is posted as JSON, signed as Standard Webhooks says, and tried again for ' +
            'two hours until it is answered by 2xx; the same one may come twice, with the same ' +
            '`webhook-id`. Redirections are not followed. 410 ends a delivery at once.',
          body: z.strictObject({ url: z.url().max(2_000) }),
          response: { 200: Created, 201: Created },
        },
      },
      async (request, reply) => {
        const secret = newSecret();
        const { id, outcome } = await create(request.body.url, secret, metaOf(request));
        const known = { id, revision: outcome.revision };
        replyWritten(reply, outcome).header('cache-control', 'no-store');
        if (outcome.repeated) return reply.code(200).send(known);
        reply.header('location', `/v1/webhooks/${id}`);
        return reply.code(201).send({ ...known, secret });
      },
    );

    app.get(
      '/v1/webhooks/:id/deliveries',
      {
        config: { ...read, views: ['deliveries'] },
        schema: {
          tags,
          summary: 'The newest deliveries to a webhook, at most 100',
          description: 'Also to one that was removed.',
          params: Params,
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(Delivery) }) },
        },
      },
      async ({ principal: { tenant }, params: { id } }) => {
        if (!(await wasMade(tenant, id))) throw new Rejected('webhook/not-found');
        return { items: [...(await view.deliveries(tenant, id))] };
      },
    );

    app.delete(
      '/v1/webhooks/:id',
      {
        config: manage,
        schema: {
          tags,
          summary: 'Send nothing there any more, for ever',
          params: Params,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const command = { type: 'RemoveWebhook' } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request)));
      },
    );
  };
