import { z } from 'zod';
import { type EventOf, defineEvent, plain } from '#domain/event.ts';
import { MemberId, PlanId, TenantId } from '#domain/ids.ts';

// Stored for ever: add fields, never rename or remove them. Nothing here is sealed: who our
// customers are must be readable when every one of their keys is gone.

export const TenantName = z.string().trim().min(1).max(200);
export const Region = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,38}$/, 'a slug of at most 39 characters, e.g. eu-central');
/** Policy packs of regulated industries, by name. */
export const Packs = z.array(z.string().regex(/^[a-z0-9][a-z0-9-]{0,38}$/)).max(20);
export const Reason = z.string().trim().min(1).max(500);

/** Says up to which revision of the member's stream this is known. */
const owner = z.object({ memberId: MemberId, revision: z.int().min(0) });

export const tenantEvents = {
  TenantRegistered: defineEvent({
    kind: 'tenant',
    version: 1,
    schema: z.object({
      tenantId: TenantId,
      name: TenantName,
      plan: PlanId,
      // No check of its existence: the list of zones changes, and an old event stays readable.
      timeZone: z.string(),
      region: Region.optional(),
      packs: Packs,
    }),
    subject: plain,
  }),
  TenantUpdated: defineEvent({
    kind: 'tenant',
    version: 1,
    schema: z.object({
      name: TenantName.optional(),
      timeZone: z.string().optional(),
      region: Region.optional(),
      packs: Packs.optional(),
    }),
    subject: plain,
  }),
  TenantPlanned: defineEvent({
    kind: 'tenant',
    version: 1,
    schema: z.object({ plan: PlanId }),
    subject: plain,
  }),
  TenantSuspended: defineEvent({
    kind: 'tenant',
    version: 1,
    schema: z.object({ reason: Reason.optional() }),
    subject: plain,
  }),
  TenantResumed: defineEvent({
    kind: 'tenant',
    version: 1,
    schema: z.object({}),
    subject: plain,
  }),
  TenantOffboarded: defineEvent({
    kind: 'tenant',
    version: 1,
    schema: z.object({ reason: Reason.optional() }),
    subject: plain,
  }),
  OwnerListed: defineEvent({ kind: 'tenant', version: 1, schema: owner, subject: plain }),
  OwnerReleased: defineEvent({ kind: 'tenant', version: 1, schema: owner, subject: plain }),
};

export type TenantEvent = EventOf<typeof tenantEvents>;
