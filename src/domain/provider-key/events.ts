import { z } from 'zod';
import { type EventOf, type Subject, bytes, defineEvent, plain } from '#domain/event.ts';
import { ProviderId } from '#domain/ids.ts';

// Stored for ever: add fields (optional ones), never rename or remove them.

/** Long enough that its end, which is shown, gives nothing away. */
export const KeyText = z
  .string()
  .regex(/^[\x21-\x7e]{16,500}$/, '16 to 500 visible ASCII characters');

export const providerKeyEvents = {
  ProviderKeySet: defineEvent({
    kind: 'provider-key',
    version: 1,
    schema: z.object({
      providerId: ProviderId,
      /** Names the key that seals this one: each has its own, and is gone for good with it. */
      sealedWith: z.string(),
      // Not the body is sealed but this alone: auditors read bodies, and must not have the key.
      sealed: bytes(),
      /** Its last four characters, by which people tell their keys apart. */
      ending: z.string(),
    }),
    subject: plain,
  }),
  ProviderKeyRevoked: defineEvent({
    kind: 'provider-key',
    version: 1,
    schema: z.object({}),
    subject: plain,
  }),
};

export type ProviderKeyEvent = EventOf<typeof providerKeyEvents>;

export const keySubject = (sealedWith: string): Subject => `provider-key:${sealedWith}`;
