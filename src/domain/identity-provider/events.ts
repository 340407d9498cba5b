import { z } from 'zod';
import { type EventOf, defineEvent, plain } from '#domain/event.ts';
import { TenantRoles } from '#domain/member/events.ts';
import { TenantRole } from '#domain/rights.ts';

// Stored for ever: add fields, never rename or remove them. Nothing here is sealed: whom a tenant
// trusted at which time must be readable as long as what those people did.

/** Compared to the letter with a token's `iss`, so it is kept as it was written. */
export const Issuer = z
  .string()
  .max(500)
  .refine(isIssuer, 'a URL without user, query and fragment, e.g. https://id.example.com');
export const Audience = z.string().regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible characters');

/** Whose token holds `value` at this place (alone, or in a list) has these roles. */
export const ClaimRule = z.object({
  /** The names from the outside in: `['realm_access', 'roles']`. */
  claim: z.array(z.string().min(1).max(200)).min(1).max(5),
  value: z.string().min(1).max(500),
  roles: TenantRoles,
});
export const MOST_RULES = 100;
/** For tokens to which no rule applies. Never `owner`: that takes a rule that says so. */
export const DefaultRoles = z.array(TenantRole.exclude(['owner'])).max(6);

const settings = {
  audience: z.string(),
  rules: z.array(ClaimRule),
  defaultRoles: z.array(TenantRole),
  /** A first sign-in makes a member; without it only invited people get in. */
  admitsNew: z.boolean(),
};

export const identityProviderEvents = {
  IdentityProviderRegistered: defineEvent({
    kind: 'identity-provider',
    version: 1,
    schema: z.object({ issuer: z.string(), ...settings }),
    subject: plain,
  }),
  IdentityProviderChanged: defineEvent({
    kind: 'identity-provider',
    version: 1,
    schema: z.object(settings).partial(),
    subject: plain,
  }),
  IdentityProviderRemoved: defineEvent({
    kind: 'identity-provider',
    version: 1,
    schema: z.object({}),
    subject: plain,
  }),
  SignInsRefused: defineEvent({
    kind: 'identity-provider',
    version: 1,
    schema: z.object({
      /** UTC, `2026-01-31T23:59`. */
      minute: z.string(),
      /** How many, by reason. */
      refused: z.record(z.string(), z.int().positive()),
    }),
    subject: plain,
  }),
};

export type IdentityProviderEvent = EventOf<typeof identityProviderEvents>;

function isIssuer(text: string): boolean {
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(text) || /[?#\\]/.test(text)) return false;
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
