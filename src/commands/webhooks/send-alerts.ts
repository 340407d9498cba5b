import type { Handle } from '#commands/handle.ts';
import type { Reaction } from '#commands/reaction.ts';
import { alertEvents } from '#domain/alert/events.ts';
import type { AlertId } from '#domain/alert/ids.ts';
import type { Delivery, DeliveryCommand } from '#domain/delivery/decide.ts';
import { deliveryIdOf } from '#domain/delivery/ids.ts';
import type { TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import type { WebhookId } from '#domain/webhook/ids.ts';
import type { JobQueue } from './job-queue.ts';

/** What every alert asks for: to be brought to all webhooks that the tenant has then. */
export const sendAlerts = (ports: {
  readonly deliveries: Handle<Delivery, DeliveryCommand>;
  readonly webhooksOf: (tenant: TenantId) => Promise<readonly WebhookId[]>;
  readonly queue: Pick<JobQueue, 'add'>;
}): Reaction => ({
  name: 'send-alerts-to-webhooks',
  reactsTo: Object.keys(alertEvents),
  react: async ({ header: { id, tenant, stream } }, request) => {
    const alert = partsOf(stream)!.id as AlertId;
    for (const webhook of await ports.webhooksOf(tenant)) {
      const delivery = deliveryIdOf(webhook, id);
      await ports.deliveries(delivery, { type: 'Deliver', webhook, alert }, request);
      await ports.queue.add({ tenant, delivery });
    }
  },
});
