import { type CommandId, type TenantId, derivedUuid } from '#domain/ids.ts';
import { memberOfIdentity } from '#domain/identity-provider/ids.ts';
import type { MemberCommand } from '#domain/member/decide.ts';
import type { JoinBySignIn } from '#domain/member/join.ts';
import type { Member } from '#domain/member/state.ts';
import type { Handle } from './handle.ts';

/**
 * Makes the member of a first sign-in. Every process and every request of that moment sends this
 * same command to this same stream, so one of them makes the member and the others find it made.
 */
export const joinBySignIn =
  (members: Handle<Member, MemberCommand>) =>
  async (tenant: TenantId, joining: Omit<JoinBySignIn, 'type'>): Promise<Member> => {
    const member = memberOfIdentity(tenant, joining.identity);
    const commandId = derivedUuid('join', tenant, member) as CommandId;
    const { state } = await members(
      member,
      { type: 'JoinBySignIn', ...joining },
      {
        tenant,
        // The member makes itself, and has no right yet: nothing more is done in its name.
        principal: { tenant, member, roles: [], groups: [] },
        commandId,
        // The id says all that this command is; two tokens of one person need not say the same name.
        commandHash: new TextEncoder().encode(commandId),
        correlationId: commandId,
      },
    );
    return state;
  };
