import type { Identity } from '#domain/identity-provider/ids.ts';
import type { IdentityProviderId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { TenantRole } from '#domain/rights.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import type { MemberEvent } from './events.ts';
import type { Member } from './state.ts';

/** Somebody's first sign-in, at a provider that admits new people. */
export type JoinBySignIn = {
  readonly type: 'JoinBySignIn';
  readonly name: string;
  readonly email?: string | undefined;
  readonly roles: readonly TenantRole[];
  readonly provider: IdentityProviderId;
  /** The member's id follows from it. */
  readonly identity: Identity;
};

/** Needs no right: whom the tenant's provider lets in, and with which roles, the tenant has said. */
export function join(command: JoinBySignIn, state: Member): MemberEvent[] {
  if (state.status === 'erased') throw new Rejected('member/erased');
  if (state.status !== 'missing') return [];
  const { name, email, roles, provider, identity } = command;
  const data = { name, roles: [...roles], provider, identity, ...withoutUndefined({ email }) };
  return [{ type: 'MemberJoined', data }];
}
