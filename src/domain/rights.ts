import { z } from 'zod';
import {
  type ApiKeyId,
  type GroupId,
  type MemberId,
  OPERATOR,
  SYSTEM,
  type TenantId,
} from './ids.ts';
import { Rejected } from './rejected.ts';

export const roles = [
  'owner',
  'admin',
  'editor',
  'author',
  'reviewer',
  'viewer',
  'auditor',
  'operator',
] as const;
export type Role = (typeof roles)[number];

/** The roles that a member or a key of a tenant can have; `operator` exists on the platform only. */
export const TenantRole = z.enum(roles).exclude(['operator']);
export type TenantRole = z.infer<typeof TenantRole>;

/**
 * Who asks: always one member of one tenant. The operator is a member of none; when he acts on a
 * tenant, `tenant` is that tenant and his only role is `operator`.
 */
export type Principal = {
  readonly tenant: TenantId;
  readonly member: MemberId;
  readonly roles: readonly Role[];
  readonly groups: readonly GroupId[];
  readonly apiKey?: ApiKeyId;
};

// What each role may do, in the order of `roles`:
//   A  everywhere in the tenant      s  on own documents and those that the access list shares,
//                                      and on own generations and their use
//   .  not at all
// A role that reads all (auditor) writes nothing; an admin sees others' documents only when shared.
const table = [
  // own adm edi aut rev vie aud ope
  ['A   A   A   A   .   .   .   .', 'document.create'],
  ['A   s   A   s   s   s   A   .', 'document.read'],
  ['A   s   A   s   s   s   .   .', 'document.comment'],
  ['A   s   A   s   .   .   .   .', 'document.edit'],
  ['A   s   A   s   .   .   .   .', 'document.manage'],
  ['A   s   A   s   .   .   .   .', 'document.version'],
  ['A   s   A   s   .   .   .   .', 'document.restore'],
  ['A   A   A   A   .   .   .   .', 'generation.request'],
  ['A   s   s   s   s   s   A   .', 'generation.read'],
  ['A   s   s   s   .   .   .   .', 'generation.cancel'],
  ['A   s   s   s   .   .   .   .', 'generation.outcome'],
  ['.   .   .   .   .   .   .   A', 'generation.adjust'],
  ['A   A   s   s   s   s   A   .', 'usage.read'],
  ['A   A   .   .   .   .   A   .', 'forecast.read'],
  ['A   A   .   .   .   .   A   .', 'member.read'],
  ['A   A   .   .   .   .   .   .', 'member.invite'],
  ['A   A   .   .   .   .   .   .', 'member.change'],
  ['A   A   .   .   .   .   .   .', 'member.deactivate'],
  ['A   A   .   .   .   .   A   .', 'group.read'],
  ['A   A   .   .   .   .   .   .', 'group.manage'],
  ['A   A   .   .   .   .   A   .', 'api-key.read'],
  ['A   A   .   .   .   .   .   A', 'api-key.issue'],
  ['A   A   .   .   .   .   .   .', 'api-key.revoke'],
  ['A   A   .   .   .   .   A   .', 'identity-provider.read'],
  ['A   A   .   .   .   .   .   .', 'identity-provider.manage'],
  ['A   A   .   .   .   .   A   .', 'provider-key.read'],
  ['A   A   .   .   .   .   .   A', 'provider-key.manage'],
  ['A   A   .   .   .   .   A   .', 'budget.read'],
  ['A   A   .   .   .   .   .   .', 'budget.manage'],
  ['A   A   .   .   .   .   A   .', 'webhook.read'],
  ['A   A   .   .   .   .   .   .', 'webhook.manage'],
  ['A   A   .   .   A   .   A   .', 'policy.read'],
  ['A   A   .   .   .   .   .   .', 'policy.publish'],
  ['A   A   .   .   .   .   A   A', 'audit.read'],
  ['A   A   .   .   .   .   A   A', 'event-types.read'],
  ['.   .   .   .   .   .   .   A', 'tenant.read'],
  ['.   .   .   .   .   .   .   A', 'tenant.register'],
  ['.   .   .   .   .   .   .   A', 'tenant.update'],
  ['.   .   .   .   .   .   .   A', 'tenant.suspend'],
  ['.   .   .   .   .   .   .   A', 'tenant.offboard'],
  ['.   .   .   .   .   .   .   A', 'tenant.first-owner'],
  ['.   .   .   .   .   .   .   A', 'plan.read'],
  ['.   .   .   .   .   .   .   A', 'plan.publish'],
  ['.   .   .   .   .   .   .   A', 'provider.read'],
  ['.   .   .   .   .   .   .   A', 'provider.publish'],
  ['.   .   .   .   .   .   .   A', 'projections.read'],
  ['.   .   .   .   .   .   .   A', 'projections.operate'],
] as const;

export type Action = (typeof table)[number][1];
export const actions: readonly Action[] = table.map(([, action]) => action);

/** How far a right goes: `shared` leaves the decision to the access list of the document. */
export type Reach = 'all' | 'shared' | 'none';

const reachOfCell: Readonly<Record<string, Reach>> = { A: 'all', s: 'shared', '.': 'none' };

const cells: ReadonlyMap<Action, readonly Reach[]> = new Map(
  table.map(([row, action]) => [
    action,
    row.split(/ +/).map((cell) => reachOfCell[cell] ?? 'none'),
  ]),
);

/** One cell of the table. */
export const reachOfRole = (role: Role, action: Action): Reach =>
  cells.get(action)?.[roles.indexOf(role)] ?? 'none';

/** The furthest that any of the principal's roles reaches. */
export function reachOf(principal: Principal, action: Action): Reach {
  const reaches = new Set(effective(principal).map((role) => reachOfRole(role, action)));
  if (reaches.has('all')) return 'all';
  return reaches.has('shared') ? 'shared' : 'none';
}

/** Whether the roles allow it at all; for documents the access list may still say no. */
export const mayDo = (principal: Principal, action: Action): boolean =>
  reachOf(principal, action) !== 'none';

export function assertMay(principal: Principal, action: Action): void {
  if (!mayDo(principal, action)) throw new Rejected('right/missing', { action });
}

/** The roles that these roles may give or take. Nobody reaches above their own. */
export function grantableBy(principal: Principal): readonly TenantRole[] {
  const own = effective(principal);
  if (own.includes('owner') || own.includes('operator')) return TenantRole.options;
  return own.includes('admin') ? TenantRole.options.filter((role) => role !== 'owner') : [];
}

export function assertMayGrant(principal: Principal, granted: readonly Role[]): void {
  const grantable: readonly Role[] = grantableBy(principal);
  const above = granted.find((role) => !grantable.includes(role));
  if (above !== undefined) throw new Rejected('right/above-own', { role: above });
}

/** What a key may do at this moment: never more than its member, whose roles may have changed. */
export const rolesOfKey = <R extends Role>(
  keyRoles: readonly R[],
  memberRoles: readonly Role[],
): readonly R[] => keyRoles.filter((role) => memberRoles.includes(role));

// `operator` among a member's roles would be a tenant that rules the platform: it counts for the
// operator alone, who has no other role, and for what Palimpsest does itself.
const effective = ({ member, roles }: Principal): readonly Role[] => {
  const operates = member === OPERATOR || member === SYSTEM;
  return roles.filter((role) => role !== 'operator' || operates);
};
