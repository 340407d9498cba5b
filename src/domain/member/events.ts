import { z } from 'zod';
import { type EventOf, defineEvent, memberSubject, plain } from '#domain/event.ts';
import { IdentityProviderId } from '#domain/ids.ts';
import { TenantRole } from '#domain/rights.ts';

// Stored for ever: add fields, never rename or remove them. Name and e-mail are sealed with the
// member's own key; roles and refusals hold ids only and stay readable after an erasure.

export const MemberName = z.string().trim().min(1).max(200);
export const Email = z
  .email()
  .max(254)
  .transform((email) => email.toLowerCase());
/** At least one: a member who may nothing is a deactivated one. */
export const TenantRoles = z.array(TenantRole).min(1).max(TenantRole.options.length);

/** Whom the member's id was derived from: who signs in with it finds the member. */
const identity = z.object({ issuer: z.string(), subject: z.string() });

export const memberEvents = {
  MemberInvited: defineEvent({
    kind: 'member',
    version: 1,
    schema: z.object({
      name: z.string(),
      email: z.string().optional(),
      roles: TenantRoles,
      identity: identity.optional(),
    }),
    subject: memberSubject,
  }),
  /** A first sign-in made the member. */
  MemberJoined: defineEvent({
    kind: 'member',
    version: 1,
    schema: z.object({
      name: z.string(),
      email: z.string().optional(),
      /** What the claims gave at that moment. */
      roles: TenantRoles,
      provider: IdentityProviderId,
      identity,
    }),
    subject: memberSubject,
  }),
  MemberProfileChanged: defineEvent({
    kind: 'member',
    version: 1,
    schema: z.object({ name: z.string().optional(), email: z.string().optional() }),
    subject: memberSubject,
  }),
  MemberRolesChanged: defineEvent({
    kind: 'member',
    version: 1,
    schema: z.object({ roles: TenantRoles }),
    subject: plain,
  }),
  MemberDeactivated: defineEvent({
    kind: 'member',
    version: 1,
    schema: z.object({}),
    subject: plain,
  }),
  MemberReactivated: defineEvent({
    kind: 'member',
    version: 1,
    schema: z.object({}),
    subject: plain,
  }),
  ActionRefused: defineEvent({
    kind: 'member',
    version: 1,
    schema: z.object({
      action: z.string(),
      resourceKind: z.string(),
      resourceId: z.string().optional(),
      code: z.string(),
      /** UTC, `2026-01-31T23:59`: repeats within it are this one event. */
      minute: z.string(),
    }),
    subject: plain,
  }),
  AuditRead: defineEvent({
    kind: 'member',
    version: 1,
    /** The filters of the reading, as they were asked for. */
    schema: z.object({ asked: z.record(z.string(), z.string()) }),
    subject: plain,
  }),
};

export type MemberEvent = EventOf<typeof memberEvents>;
