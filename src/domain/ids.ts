import { parse as parseUuid, v5 as uuidv5 } from 'uuid';
import { z } from 'zod';

// A string that has been checked to be one kind of id, so that ids cannot be swapped by accident.
// The schemas brand at the edge (routes, stored events); from there on a `DocumentId` is no string.

export const TenantId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$/, 'a slug of 3 to 40 characters: a-z, 0-9 and inner -')
  .brand<'TenantId'>();
export type TenantId = z.infer<typeof TenantId>;

/** Holds only what belongs to no tenant: plans, providers. No customer can have this name. */
export const PLATFORM = 'platform' as TenantId;

const uuid = () => z.uuid().toLowerCase();

export const EventId = uuid().brand<'EventId'>();
export type EventId = z.infer<typeof EventId>;
export const CommandId = uuid().brand<'CommandId'>();
export type CommandId = z.infer<typeof CommandId>;
export const MemberId = uuid().brand<'MemberId'>();
export type MemberId = z.infer<typeof MemberId>;
export const GroupId = uuid().brand<'GroupId'>();
export type GroupId = z.infer<typeof GroupId>;
export const DocumentId = uuid().brand<'DocumentId'>();
export type DocumentId = z.infer<typeof DocumentId>;
export const CommentId = uuid().brand<'CommentId'>();
export type CommentId = z.infer<typeof CommentId>;
export const SuggestionId = uuid().brand<'SuggestionId'>();
export type SuggestionId = z.infer<typeof SuggestionId>;
export const IdentityProviderId = uuid().brand<'IdentityProviderId'>();
export type IdentityProviderId = z.infer<typeof IdentityProviderId>;

/** Short enough to stand in a key that a person pastes: `plm_<tenant>_<keyId>_<secret>`. */
export const ApiKeyId = z
  .string()
  .regex(/^[0-9a-f]{16}$/, '16 hexadecimal digits')
  .brand<'ApiKeyId'>();
export type ApiKeyId = z.infer<typeof ApiKeyId>;

/** 64 random bits in hexadecimal: two people who cut at once must not make the same section. */
export const SectionId = z
  .string()
  .regex(/^[0-9a-f]{16}$/, '16 hexadecimal digits')
  .brand<'SectionId'>();
export type SectionId = z.infer<typeof SectionId>;

export const PlanId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,38}$/, 'a slug of at most 39 characters: a-z, 0-9 and -')
  .brand<'PlanId'>();
export type PlanId = z.infer<typeof PlanId>;

export const ProviderId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,38}$/, 'a slug of at most 39 characters: a-z, 0-9 and -')
  .brand<'ProviderId'>();
export type ProviderId = z.infer<typeof ProviderId>;

/** Ours for a model, which plans and cascades name; its provider may call it otherwise. */
export const ModelId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.:-]{0,99}$/, '1 to 100 characters: a-z, 0-9 and inner . : -')
  .brand<'ModelId'>();
export type ModelId = z.infer<typeof ModelId>;

export const CascadeId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,38}$/, 'a slug of at most 39 characters: a-z, 0-9 and -')
  .brand<'CascadeId'>();
export type CascadeId = z.infer<typeof CascadeId>;

export const PolicyId = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,38}$/, 'a slug of at most 39 characters: a-z, 0-9 and -')
  .brand<'PolicyId'>();
export type PolicyId = z.infer<typeof PolicyId>;

export const ProviderKeyId = uuid().brand<'ProviderKeyId'>();
export type ProviderKeyId = z.infer<typeof ProviderKeyId>;

// As bytes, because text would be parsed for every id.
const NAMESPACE = parseUuid('c1b5f3a0-5d0e-5f6b-9b0a-2f6a3c9d7e11');
const utf8 = new TextEncoder();

/**
 * The id of whatever follows from `parts` (UUIDv5, RFC 9562): the same parts give the same id on
 * every machine, so that a repeat meets what the first attempt made. Parts are length-prefixed,
 * because joined bare, ('ab','c') and ('a','bc') would be one name.
 */
export function derivedUuid(...parts: readonly (string | number)[]): string {
  const name = parts.map((part) => `${String(part).length}:${part}`).join('');
  return uuidv5(utf8.encode(name), NAMESPACE);
}

/** A UUID, of its 16 bytes. */
export function uuidFrom(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Command id of an idempotency key: one actor's key never meets another's. */
export const commandIdOf = (tenant: TenantId, actor: MemberId, idempotencyKey: string): CommandId =>
  derivedUuid('command', tenant, actor, idempotencyKey) as CommandId;

/** The actor of what Palimpsest itself does: first start, reactions, the operator's key. */
export const SYSTEM = derivedUuid('member', 'system') as MemberId;
export const OPERATOR = derivedUuid('member', 'operator') as MemberId;
