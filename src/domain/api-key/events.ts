import { z } from 'zod';
import { type EventOf, defineEvent, plain } from '#domain/event.ts';
import { MemberId } from '#domain/ids.ts';
import { TenantRoles } from '#domain/member/events.ts';

// Stored for ever: add fields, never rename or remove them.

export const KeyName = z.string().trim().min(1).max(200);
/** Cost centre, project …: what usage is later grouped by. */
export const KeyLabels = z
  .record(z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/), z.string().regex(/^[^\p{Cc}]{1,100}$/u))
  .refine((labels) => Object.keys(labels).length <= 20, 'at most 20 labels');

export const apiKeyEvents = {
  ApiKeyIssued: defineEvent({
    kind: 'api-key',
    version: 1,
    schema: z.object({
      memberId: MemberId,
      roles: TenantRoles,
      /** SHA-256 (hex) of the secret, which itself is kept nowhere. */
      secretHash: z.string(),
      expiresAt: z.iso.datetime({ precision: 3 }).optional(),
      labels: z.record(z.string(), z.string()),
      name: z.string().optional(),
    }),
    // Sealed with the member's key: erasing the member ends every key that acts for him.
    subject: (_, { memberId }) => `member:${memberId}`,
  }),
  ApiKeyRevoked: defineEvent({
    kind: 'api-key',
    version: 1,
    schema: z.object({}),
    subject: plain,
  }),
  RequestsRefused: defineEvent({
    kind: 'api-key',
    version: 1,
    schema: z.object({
      /** UTC, `2026-01-31T23:59`. */
      minute: z.string(),
      malformed: z.int().min(0),
      limited: z.int().min(0),
    }),
    subject: plain,
  }),
};

export type ApiKeyEvent = EventOf<typeof apiKeyEvents>;
