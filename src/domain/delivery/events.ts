import { z } from 'zod';
import { type EventDefinitions, type EventOf, defineEvent, plain } from '#domain/event.ts';
import { AlertId } from '#domain/alert/ids.ts';
import { WebhookId } from '#domain/webhook/ids.ts';

// Stored for ever: add fields (optional ones), never rename or remove them.

const attempts = z.int().min(0);
/** A status, a kind of network error, or why there was nothing to send; nothing of what was answered. */
const reason = z.string();

export const deliveryEvents = {
  /** From here on it is brought, whatever process dies. */
  DeliveryDue: defineEvent({
    kind: 'delivery',
    version: 1,
    schema: z.object({ webhook: WebhookId, alert: AlertId }),
    subject: plain,
  }),
  /** It will be tried again. */
  DeliveryAttemptFailed: defineEvent({
    kind: 'delivery',
    version: 1,
    schema: z.object({ attempts, reason }),
    subject: plain,
  }),
  DeliveryMade: defineEvent({
    kind: 'delivery',
    version: 1,
    schema: z.object({ attempts }),
    subject: plain,
  }),
  /** It will not be tried again. */
  DeliveryGivenUp: defineEvent({
    kind: 'delivery',
    version: 1,
    schema: z.object({ attempts, reason }),
    subject: plain,
  }),
} satisfies EventDefinitions;

export type DeliveryEvent = EventOf<typeof deliveryEvents>;
