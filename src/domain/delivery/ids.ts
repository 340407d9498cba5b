import { z } from 'zod';
import { type EventId, derivedUuid } from '#domain/ids.ts';
import type { WebhookId } from '#domain/webhook/ids.ts';

export const DeliveryId = z.uuid().toLowerCase().brand<'DeliveryId'>();
export type DeliveryId = z.infer<typeof DeliveryId>;

/** One alert is brought to one webhook once. */
export const deliveryIdOf = (webhook: WebhookId, alert: EventId): DeliveryId =>
  derivedUuid('delivery', webhook, alert) as DeliveryId;
