import type { ApiKeyCommand, IssueApiKey } from '#domain/api-key/decide.ts';
import { apiKeyIdOf } from '#domain/api-key/key-text.ts';
import type { ApiKey } from '#domain/api-key/state.ts';
import { type ApiKeyId, type CommandId, type MemberId, derivedUuid } from '#domain/ids.ts';
import type { MemberCommand } from '#domain/member/decide.ts';
import { firstOwnerOf, type Member, rolesOf } from '#domain/member/state.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import type { Tenant } from '#domain/tenant/state.ts';
import type { CommandRequest, Handle, Outcome } from './handle.ts';
import type { History } from './history.ts';

export type KeyIssuing = {
  readonly keys: Handle<ApiKey, ApiKeyCommand>;
  /** The path that keeps an owner. */
  readonly members: Handle<Member, MemberCommand>;
  readonly memberHistory: Pick<History<Member>, 'newest'>;
  readonly tenantHistory: Pick<History<Tenant>, 'newest'>;
};

export type KeyAsked = Omit<IssueApiKey, 'type' | 'memberRoles' | 'memberId'> & {
  /** Without one the key is for the tenant's first owner, who is made when he is not there. */
  readonly memberId?: MemberId | undefined;
};

export type KeyIssued = {
  readonly keyId: ApiKeyId;
  readonly memberId: MemberId;
  readonly outcome: Outcome<ApiKey>;
};

/** Issues a key for a member as he is now. */
export function issueApiKey(ports: KeyIssuing) {
  return async (asked: KeyAsked, request: CommandRequest): Promise<KeyIssued> => {
    assertMay(request.principal, 'api-key.issue');
    const tenant = await ports.tenantHistory.newest(request.tenant, request.tenant);
    if (tenant.state.status === 'missing') throw new Rejected('tenant/not-found');
    if (tenant.state.status === 'offboarded') throw new Rejected('tenant/offboarded');

    const memberId = asked.memberId ?? firstOwnerOf(request.tenant);
    const { state } = await ports.memberHistory.newest(request.tenant, memberId);
    const isMissing = state.status === 'missing';
    const isNewOwner = isMissing && asked.memberId === undefined;
    const memberRoles = isNewOwner ? (['owner'] as const) : isMissing ? undefined : rolesOf(state);
    const keyId = apiKeyIdOf(request.commandId);
    const command: IssueApiKey = { ...asked, type: 'IssueApiKey', memberId, memberRoles };
    // The key first: it can be refused, and then no owner must be left behind. A key whose owner is
    // not there (should we end in between) opens nothing, and the next one makes him.
    const outcome = await ports.keys(keyId, command, request);
    if (isNewOwner) await makeFirstOwner(ports, memberId, request);
    return { keyId, memberId, outcome };
  };
}

async function makeFirstOwner(
  { members }: Pick<KeyIssuing, 'members'>,
  memberId: MemberId,
  request: CommandRequest,
): Promise<void> {
  const { expectedRevision: _, ...rest } = request;
  const commandId = derivedUuid(request.commandId, 'first-owner') as CommandId;
  const command = { type: 'InviteFirstOwner', name: 'First owner' } as const;
  await members(memberId, command, { ...rest, commandId });
}
