import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { Identity } from '#domain/identity-provider/ids.ts';
import { isSame } from '#domain/is-same.ts';
import { Rejected } from '#domain/rejected.ts';
import { type Principal, type TenantRole, assertMay, assertMayGrant } from '#domain/rights.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import { type MemberEvent, memberEvents } from './events.ts';
import { type JoinBySignIn, join } from './join.ts';
import { type RecordRefusal, recordRefusal } from './refusal.ts';
import {
  type KnownMember,
  type Member,
  erase,
  evolve,
  initialState,
  isLastingOwner,
  snapshot,
} from './state.ts';

type Profile = { readonly name: string; readonly email?: string | undefined };

/**
 * `emailTaken` is what the view of members says. Two invitations in the same moment can both get
 * through, which does no harm: nothing finds or admits a member by e-mail.
 */
type EmailTaken = { readonly emailTaken?: boolean | undefined };

/**
 * Whether the tenant's stream let this owner go (`ReleaseOwner`, at the revision that this command
 * expects). Without it an owner stays one, so that no tenant is left without.
 */
type OwnerReleased = { readonly ownerReleased?: boolean | undefined };

type InviteMember = Profile &
  EmailTaken & {
    readonly type: 'InviteMember';
    readonly roles: readonly TenantRole[];
    /** Where the member's id follows from it, because that person will sign in. */
    readonly identity?: Identity | undefined;
  };
/** The one member whom the operator makes in a tenant; everybody else is invited by this one. */
type InviteFirstOwner = Profile & { readonly type: 'InviteFirstOwner' };
type ChangeMember = EmailTaken &
  OwnerReleased & {
    readonly type: 'ChangeMember';
    readonly name?: string | undefined;
    readonly email?: string | undefined;
    readonly roles?: readonly TenantRole[] | undefined;
  };
type DeactivateMember = OwnerReleased & { readonly type: 'DeactivateMember' };
type ReactivateMember = { readonly type: 'ReactivateMember' };

/** An auditor read events of the tenant; who watches the watchers will ask. */
export type RecordAuditRead = {
  readonly type: 'RecordAuditRead';
  readonly asked: Readonly<Record<string, string>>;
};

export type MemberCommand =
  | InviteMember
  | InviteFirstOwner
  | JoinBySignIn
  | ChangeMember
  | DeactivateMember
  | ReactivateMember
  | RecordAuditRead
  | RecordRefusal;

function decide(command: MemberCommand, state: Member, context: DecisionContext): MemberEvent[] {
  const { principal } = context;
  switch (command.type) {
    case 'InviteMember':
      assertMay(principal, 'member.invite');
      return invite(command, command.roles, state, principal);
    case 'InviteFirstOwner':
      assertMay(principal, 'tenant.first-owner');
      return invite(command, ['owner'], state, principal);
    case 'JoinBySignIn':
      return join(command, state);
    case 'ChangeMember':
      assertMay(principal, 'member.change');
      return change(command, mustBeKnown(state), principal);
    case 'DeactivateMember':
      assertMay(principal, 'member.deactivate');
      return deactivate(command, mustBeKnown(state), principal);
    case 'ReactivateMember':
      assertMay(principal, 'member.deactivate');
      return reactivate(mustBeKnown(state), principal);
    case 'RecordAuditRead':
      assertMay(principal, 'audit.read');
      return [{ type: 'AuditRead', data: { asked: { ...command.asked } } }];
    case 'RecordRefusal':
      return recordRefusal(command, state, context);
  }
}

function invite(
  { name, email, emailTaken, identity }: Omit<InviteMember, 'type' | 'roles'>,
  wanted: readonly TenantRole[],
  state: Member,
  principal: Principal,
): MemberEvent[] {
  const roles = inOrder(wanted);
  assertMayGrant(principal, roles);
  if (state.status === 'erased') throw new Rejected('member/erased');
  if (state.status !== 'missing') {
    const { name: itsName, email: itsEmail, roles: itsRoles, followsClaims } = state;
    const isSameMember = isSame(
      [name, email ?? null, roles, false],
      [itsName, itsEmail ?? null, itsRoles, followsClaims],
    );
    if (isSameMember) return [];
    throw new Rejected('member/already-exists');
  }
  if (emailTaken) throw new Rejected('member/email-taken');
  const data = { name, roles, ...withoutUndefined({ email, identity }) };
  return [{ type: 'MemberInvited', data }];
}

function change(command: ChangeMember, member: KnownMember, principal: Principal): MemberEvent[] {
  assertMayGrant(principal, member.roles);
  return [...changeProfile(command, member), ...changeRoles(command, member, principal)];
}

function changeProfile(
  { name, email, emailTaken }: ChangeMember,
  member: KnownMember,
): MemberEvent[] {
  const data = withoutUndefined({
    name: name === member.name ? undefined : name,
    email: email === member.email ? undefined : email,
  });
  if (data.email !== undefined && emailTaken) throw new Rejected('member/email-taken');
  return Object.keys(data).length > 0 ? [{ type: 'MemberProfileChanged', data }] : [];
}

function changeRoles(
  { roles: wanted, ownerReleased }: ChangeMember,
  member: KnownMember,
  principal: Principal,
): MemberEvent[] {
  const roles = inOrder(wanted ?? member.roles);
  // The same roles, but set by hand: from now on claims give no more than these.
  const isSet = wanted !== undefined && member.followsClaims;
  if (isSame(roles, member.roles) && !isSet) return [];
  assertMayGrant(principal, roles);
  if (!roles.includes('owner')) mustBeReleased(member, ownerReleased);
  return [{ type: 'MemberRolesChanged', data: { roles } }];
}

function deactivate(
  { ownerReleased }: DeactivateMember,
  member: KnownMember,
  principal: Principal,
): MemberEvent[] {
  assertMayGrant(principal, member.roles);
  if (member.status === 'deactivated') return [];
  mustBeReleased(member, ownerReleased);
  return [{ type: 'MemberDeactivated', data: {} }];
}

function reactivate(member: KnownMember, principal: Principal): MemberEvent[] {
  assertMayGrant(principal, member.roles);
  return member.status === 'active' ? [] : [{ type: 'MemberReactivated', data: {} }];
}

/** True for whoever must be released by the tenant's stream before this command. */
export function endsOwnership(command: MemberCommand, state: Member): boolean {
  if (!isLastingOwner(state)) return false;
  if (command.type === 'DeactivateMember') return true;
  return command.type === 'ChangeMember' && command.roles?.includes('owner') === false;
}

function mustBeReleased(member: KnownMember, released: boolean | undefined): void {
  if (isLastingOwner(member) && !released) throw new Rejected('tenant/last-owner');
}

function mustBeKnown(state: Member): KnownMember {
  if (state.status === 'missing') throw new Rejected('member/not-found');
  if (state.status === 'erased') throw new Rejected('member/erased');
  return state;
}

/** Each once, in one order, so that the same roles are the same list. */
const inOrder = (roles: readonly TenantRole[]): TenantRole[] => [...new Set(roles)].sort();

export const memberAggregate: Aggregate<Member, MemberCommand, MemberEvent> = {
  kind: 'member',
  decider: { initialState, decide, evolve, erase },
  events: memberEvents,
  snapshot,
};
