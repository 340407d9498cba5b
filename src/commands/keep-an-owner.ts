import { type CommandId, type MemberId, derivedUuid } from '#domain/ids.ts';
import { type MemberCommand, endsOwnership, memberAggregate } from '#domain/member/decide.ts';
import { type Member, isLastingOwner } from '#domain/member/state.ts';
import { grantableBy } from '#domain/rights.ts';
import { streamOf } from '#domain/stream.ts';
import type { TenantCommand } from '#domain/tenant/decide.ts';
import type { Tenant } from '#domain/tenant/state.ts';
import type { CommandRequest, Handle, Outcome } from './handle.ts';
import type { History, Past } from './history.ts';
import { CommandContended, type Clock, WrongExpectedRevision } from './ports.ts';

const MOST_ATTEMPTS = 5;

export type OwnerKeeping = {
  readonly members: Handle<Member, MemberCommand>;
  readonly tenants: Handle<Tenant, TenantCommand>;
  readonly memberHistory: Pick<History<Member>, 'newest'>;
  readonly clock: Pick<Clock, 'now'>;
};

/**
 * The path of every command to a member, so that no tenant loses its last owner: the tenant's
 * stream releases an owner before the member's stream lets him go, and lists him after it made him
 * one. A crash in between leaves an owner whom the list misses, never a name without an owner; the
 * client's repeat goes on from there.
 */
export function keepAnOwner(ports: OwnerKeeping): Handle<Member, MemberCommand> {
  return async (id, command, request) => {
    const memberId = id as MemberId;
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      const member = await ports.memberHistory.newest(request.tenant, id);
      if (!mustRelease(command, member, request)) {
        return await listed(ports, memberId, request, await ports.members(id, command, request));
      }
      wouldBeRefused(ports, command, member, request);
      await send(ports, { type: 'ReleaseOwner', memberId, revision: member.revision }, request);
      try {
        return await ports.members(id, released(command), {
          ...request,
          expectedRevision: member.revision,
        });
      } catch (error) {
        // The member's stream moved on since it was read: what was released was an older state.
        const insists = request.expectedRevision !== undefined;
        if (!(error instanceof WrongExpectedRevision) || insists) throw error;
      }
    }
    throw new CommandContended(streamOf(request.tenant, 'member', id));
  };
}

function mustRelease(command: MemberCommand, member: Past<Member>, request: CommandRequest) {
  const { expectedRevision } = request;
  // Whoever may not do it anyway, or insists on another revision, is told so by the member's stream.
  if (expectedRevision !== undefined && expectedRevision !== member.revision) return false;
  return endsOwnership(command, member.state) && grantableBy(request.principal).includes('owner');
}

/** Throws what the member's stream would throw, so that nobody is released for nothing. */
function wouldBeRefused(
  { clock }: OwnerKeeping,
  command: MemberCommand,
  { state, revision }: Past<Member>,
  { principal, commandId }: CommandRequest,
): void {
  memberAggregate.decider.decide(released(command), state, {
    principal,
    commandId,
    now: clock.now(),
    derive: (label) => derivedUuid(commandId, label),
    revision,
  });
}

const released = (command: MemberCommand): MemberCommand =>
  command.type === 'ChangeMember' || command.type === 'DeactivateMember'
    ? { ...command, ownerReleased: true }
    : command;

async function listed(
  ports: OwnerKeeping,
  memberId: MemberId,
  request: CommandRequest,
  outcome: Outcome<Member>,
): Promise<Outcome<Member>> {
  if (isLastingOwner(outcome.state) && grantableBy(request.principal).includes('owner')) {
    await send(ports, { type: 'ListOwner', memberId, revision: outcome.revision }, request);
  }
  return outcome;
}

/** A command of its own on the tenant's stream, the same one when the request is repeated. */
async function send(
  { tenants }: OwnerKeeping,
  command: Extract<TenantCommand, { type: 'ListOwner' | 'ReleaseOwner' }>,
  request: CommandRequest,
): Promise<void> {
  const { type, memberId, revision } = command;
  const { expectedRevision: _, ...rest } = request;
  const commandId = derivedUuid(request.commandId, type, memberId, revision) as CommandId;
  await tenants(request.tenant, command, { ...rest, commandId });
}
