import { randomUUID } from 'node:crypto';
import { type CommandRequest, commandHandler } from '#commands/handle.ts';
import { heldStreams } from '#commands/held-streams.ts';
import { history } from '#commands/history.ts';
import { issueApiKey } from '#commands/issue-api-key.ts';
import { keepAnOwner } from '#commands/keep-an-owner.ts';
import type { Aggregate } from '#domain/aggregate.ts';
import { apiKeyAggregate } from '#domain/api-key/decide.ts';
import type { DomainEvent } from '#domain/event.ts';
import { groupAggregate } from '#domain/group/decide.ts';
import type { CommandId, PlanId } from '#domain/ids.ts';
import { memberAggregate } from '#domain/member/decide.ts';
import { planAggregate } from '#domain/plan/decide.ts';
import { tenantAggregate } from '#domain/tenant/decide.ts';
import { systemIds } from '#infra/system/ids.ts';
import { type World, world } from './command-path.ts';
import { acme, operator } from './given.ts';

export type People = ReturnType<typeof peopleOf>;

/** One process that handles the commands of tenants, members, groups, keys and plans. */
export function peopleOf(shared: World) {
  const ports = {
    ...shared,
    ids: systemIds,
    warn: (message: string, error: unknown) => {
      throw new Error(message, { cause: error });
    },
  };
  const pathOf = <State, Command, Event extends DomainEvent>(
    aggregate: Aggregate<State, Command, Event>,
  ) => {
    const streams = heldStreams(ports, aggregate);
    return {
      handle: commandHandler(ports, aggregate, streams),
      ...history(ports, aggregate, streams),
    };
  };
  const tenants = pathOf(tenantAggregate);
  const anyMembers = pathOf(memberAggregate);
  const keys = pathOf(apiKeyAggregate);
  const { clock } = shared;
  const keeping = keepAnOwner({
    members: anyMembers.handle,
    tenants: tenants.handle,
    memberHistory: anyMembers,
    clock,
  });
  const members = { ...anyMembers, handle: keeping };
  // As a process that ends between the two streams of a change.
  const withoutTheList = anyMembers.handle;
  return {
    ...shared,
    tenants,
    members,
    withoutTheList,
    keys,
    groups: pathOf(groupAggregate),
    plans: pathOf(planAggregate),
    issue: issueApiKey({
      keys: keys.handle,
      members: members.handle,
      memberHistory: members,
      tenantHistory: tenants,
    }),
  };
}

/** A world with the tenant `acme` in it. */
export async function acmeWorld(shared = world()): Promise<People> {
  const people = peopleOf(shared);
  await people.tenants.handle(
    acme,
    {
      type: 'RegisterTenant',
      tenantId: acme,
      name: 'Acme',
      plan: 'starter' as PlanId,
      planPublished: true,
    },
    by(operator),
  );
  return people;
}

/** A request of its own by this principal. */
export const by = (
  principal: CommandRequest['principal'],
  changes: Partial<CommandRequest> = {},
): CommandRequest => ({
  tenant: principal.tenant,
  principal,
  commandId: randomUUID() as CommandId,
  commandHash: Uint8Array.of(1),
  correlationId: randomUUID(),
  ...changes,
});
