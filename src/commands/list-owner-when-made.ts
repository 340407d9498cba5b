import type { MemberId } from '#domain/ids.ts';
import type { TenantCommand } from '#domain/tenant/decide.ts';
import type { Tenant } from '#domain/tenant/state.ts';
import { isLastingOwner, type Member } from '#domain/member/state.ts';
import { partsOf } from '#domain/stream.ts';
import type { Handle } from './handle.ts';
import type { History } from './history.ts';
import type { Reaction } from './reaction.ts';

/**
 * Names an owner in the list that the tenant keeps, where the process that made him one ended
 * before it could (see `keep-an-owner.ts`): nobody has to repeat his request.
 */
export const listOwnerWhenMade = (ports: {
  readonly tenants: Handle<Tenant, TenantCommand>;
  readonly memberHistory: Pick<History<Member>, 'newest'>;
}): Reaction => ({
  name: 'list-owner-when-made',
  reactsTo: ['MemberInvited', 'MemberRolesChanged', 'MemberReactivated'],
  react: async ({ header }, request) => {
    const memberId = partsOf(header.stream)?.id as MemberId;
    const { state } = await ports.memberHistory.newest(header.tenant, memberId);
    if (!isLastingOwner(state)) return;
    const command = { type: 'ListOwner', memberId, revision: header.revision } as const;
    await ports.tenants(header.tenant, command, request);
  },
});
