import { z } from 'zod';
import { type EventOf, bytes, defineEvent } from '#domain/event.ts';
import { DocumentId, MemberId } from '#domain/ids.ts';

// Stored for ever: add fields, never rename or remove them.

/** What a member calls the device; shown beside what was written on it. */
export const DeviceName = z.string().trim().min(1).max(100);

const ofMember = (_: unknown, { memberId }: { readonly memberId: MemberId }) =>
  `member:${memberId}` as const;

export const actorEvents = {
  ActorClaimed: defineEvent({
    kind: 'actor',
    version: 1,
    schema: z.object({
      memberId: MemberId,
      /** The only document that the actor writes in: in a branch, its numbers would be taken twice. */
      documentId: DocumentId,
      /** SHA-256 (hex) of the token that resumes it, which itself is kept nowhere. */
      tokenHash: z.string(),
      device: z.string().optional(),
    }),
    subject: ofMember,
  }),
  /** From here on it writes through this connection and no other. */
  ActorResumed: defineEvent({
    kind: 'actor',
    version: 1,
    schema: z.object({ memberId: MemberId, connection: z.uuid() }),
    subject: ofMember,
  }),
  /** It sent what no sound client sends; it writes no more. */
  ChangeQuarantined: defineEvent({
    kind: 'actor',
    version: 1,
    schema: z.object({
      memberId: MemberId,
      reason: z.string(),
      /** As much of the bytes as is kept for whoever looks into it, and how many there were. */
      bytes: bytes(),
      size: z.int().nonnegative(),
    }),
    subject: ofMember,
  }),
};

export type ActorEvent = EventOf<typeof actorEvents>;
