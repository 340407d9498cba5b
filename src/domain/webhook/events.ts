import { z } from 'zod';
import {
  type EventDefinitions,
  type EventOf,
  type Subject,
  bytes,
  defineEvent,
  plain,
} from '#domain/event.ts';

// Stored for ever: add fields (optional ones), never rename or remove them.

export const webhookEvents = {
  WebhookCreated: defineEvent({
    kind: 'webhook',
    version: 1,
    schema: z.object({
      url: z.string(),
      /** Names the key that seals the secret. */
      sealedWith: z.string(),
      // The secret alone is sealed: auditors read bodies, and must not be able to sign.
      sealed: bytes(),
    }),
    subject: plain,
  }),
  WebhookRemoved: defineEvent({
    kind: 'webhook',
    version: 1,
    schema: z.object({}),
    subject: plain,
  }),
} satisfies EventDefinitions;

export type WebhookEvent = EventOf<typeof webhookEvents>;

export const secretSubject = (sealedWith: string): Subject => `webhook:${sealedWith}`;
