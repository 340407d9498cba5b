import { z } from 'zod';

export const WebhookId = z.uuid().toLowerCase().brand<'WebhookId'>();
export type WebhookId = z.infer<typeof WebhookId>;
