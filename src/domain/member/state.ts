import { decode, encode } from 'cborg';
import type { SnapshotCodec } from '#domain/aggregate.ts';
import { memberSubject } from '#domain/event.ts';
import { type MemberId, type TenantId, derivedUuid } from '#domain/ids.ts';
import { type TenantRole, rolesOfKey } from '#domain/rights.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import type { MemberEvent } from './events.ts';

/** The refusals of the newest minute, so that a repeat within it is no second event. */
type Refused = { readonly minute: string; readonly what: readonly string[] };

type Known = {
  readonly name: string;
  readonly email?: string | undefined;
  readonly roles: readonly TenantRole[];
  /** Joined by a sign-in, and nobody has set the roles since: each token brings its own. */
  readonly followsClaims: boolean;
  readonly refused: Refused;
};

export type KnownMember = Known &
  ({ readonly status: 'active' } | { readonly status: 'deactivated' });

export type Member =
  | { readonly status: 'missing'; readonly refused: Refused }
  | { readonly status: 'erased'; readonly refused: Refused }
  | KnownMember;

export const initialState: Member = { status: 'missing', refused: { minute: '', what: [] } };

export function evolve(state: Member, event: MemberEvent): Member {
  switch (event.type) {
    case 'MemberInvited':
      return known(state, event.data, false);
    case 'MemberJoined':
      return known(state, event.data, true);
    case 'ActionRefused':
      return { ...state, refused: withRefusal(state.refused, event.data) };
    case 'AuditRead':
      return state;
    case 'MemberProfileChanged':
      return changed(state, withoutUndefined(event.data));
    case 'MemberRolesChanged':
      return changed(state, { roles: event.data.roles, followsClaims: false });
    case 'MemberDeactivated':
      return changed(state, { status: 'deactivated' });
    case 'MemberReactivated':
      return changed(state, { status: 'active' });
  }
}

const known = (
  { refused }: Member,
  { name, email, roles }: Pick<Known, 'name' | 'email' | 'roles'>,
  followsClaims: boolean,
): Member => ({ name, email, roles, followsClaims, status: 'active', refused });

const changed = (state: Member, change: Partial<Known> | Pick<KnownMember, 'status'>): Member =>
  state.status === 'missing' || state.status === 'erased' ? state : { ...state, ...change };

export type Refusal = {
  readonly action: string;
  readonly resourceKind: string;
  readonly resourceId?: string | undefined;
  readonly code: string;
};

export const refusalKey = ({ action, resourceKind, resourceId = '', code }: Refusal): string =>
  [action, resourceKind, resourceId, code].join(' ');

function withRefusal(refused: Refused, data: Refusal & { readonly minute: string }): Refused {
  const earlier = data.minute === refused.minute ? refused.what : [];
  return { minute: data.minute, what: [...earlier, refusalKey(data)] };
}

/** The member's key was destroyed: nobody is left who could act. */
export const erase = ({ refused }: Member): Member => ({ status: 'erased', refused });

/** The roles that count now: none for whoever is not an active member. */
export const rolesOf = (member: Member): readonly TenantRole[] =>
  member.status === 'active' ? member.roles : [];

/**
 * The roles of somebody who comes with a token: never more than its claims give, and no more than
 * an admin has set, once one did.
 */
export function rolesAtSignIn(
  member: Member,
  fromClaims: readonly TenantRole[],
): readonly TenantRole[] {
  if (member.status !== 'active') return [];
  return member.followsClaims ? fromClaims : rolesOfKey(fromClaims, member.roles);
}

/** An owner whom the tenant can count on: one by a claim is gone when the issuer says so. */
export const isLastingOwner = (member: Member): boolean =>
  rolesOf(member).includes('owner') && !('followsClaims' in member && member.followsClaims);

/** Whom the operator makes in a new tenant; asking for it again finds the same member. */
export const firstOwnerOf = (tenant: TenantId): MemberId =>
  derivedUuid('first-owner', tenant) as MemberId;

/** Refusals make these streams long, so that they are not folded from the start every time. */
export const snapshot: SnapshotCodec<Member> = {
  version: 2,
  subject: memberSubject,
  encode: (state) => encode(state),
  decode: (bytes) => decode(bytes) as Member,
};
