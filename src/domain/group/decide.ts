import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { MemberId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { type GroupEvent, groupEvents } from './events.ts';

const MOST_MEMBERS = 1_000;

type OpenGroup = {
  readonly status: 'open';
  readonly name: string;
  readonly members: ReadonlySet<MemberId>;
};
export type Group = { readonly status: 'missing' } | { readonly status: 'deleted' } | OpenGroup;

type CreateGroup = { readonly type: 'CreateGroup'; readonly name: string };
type RenameGroup = { readonly type: 'RenameGroup'; readonly name: string };
type AddToGroup = {
  readonly type: 'AddToGroup';
  readonly memberId: MemberId;
  /** Read from the member's stream before: a member once invited never vanishes. */
  readonly memberExists: boolean;
};
type RemoveFromGroup = { readonly type: 'RemoveFromGroup'; readonly memberId: MemberId };
type DeleteGroup = { readonly type: 'DeleteGroup' };
export type GroupCommand = CreateGroup | RenameGroup | AddToGroup | RemoveFromGroup | DeleteGroup;

function decide(command: GroupCommand, state: Group, { principal }: DecisionContext): GroupEvent[] {
  assertMay(principal, 'group.manage');
  switch (command.type) {
    case 'CreateGroup':
      return create(command, state);
    case 'RenameGroup': {
      const { name } = command;
      return mustBeOpen(state).name === name ? [] : [{ type: 'GroupRenamed', data: { name } }];
    }
    case 'AddToGroup':
      return add(command, mustBeOpen(state));
    case 'RemoveFromGroup': {
      const { memberId } = command;
      if (!mustBeOpen(state).members.has(memberId)) return [];
      return [{ type: 'GroupMemberRemoved', data: { memberId } }];
    }
    case 'DeleteGroup':
      if (state.status === 'deleted') return [];
      mustBeOpen(state);
      return [{ type: 'GroupDeleted', data: {} }];
  }
}

function create({ name }: CreateGroup, state: Group): GroupEvent[] {
  if (state.status === 'open' && state.name === name) return [];
  if (state.status !== 'missing') throw new Rejected('group/already-exists');
  return [{ type: 'GroupCreated', data: { name } }];
}

function add({ memberId, memberExists }: AddToGroup, { members }: OpenGroup): GroupEvent[] {
  if (members.has(memberId)) return [];
  if (!memberExists) throw new Rejected('member/not-found');
  if (members.size >= MOST_MEMBERS) throw new Rejected('group/full', { limit: MOST_MEMBERS });
  return [{ type: 'GroupMemberAdded', data: { memberId } }];
}

function mustBeOpen(state: Group): OpenGroup {
  if (state.status === 'missing') throw new Rejected('group/not-found');
  if (state.status === 'deleted') throw new Rejected('group/deleted');
  return state;
}

function evolve(state: Group, event: GroupEvent): Group {
  if (event.type === 'GroupCreated') {
    return { status: 'open', name: event.data.name, members: new Set() };
  }
  return state.status === 'open' ? evolveOpen(state, event) : state;
}

function evolveOpen(group: OpenGroup, event: Exclude<GroupEvent, { type: 'GroupCreated' }>): Group {
  switch (event.type) {
    case 'GroupRenamed':
      return { ...group, name: event.data.name };
    case 'GroupMemberAdded':
      return { ...group, members: new Set(group.members).add(event.data.memberId) };
    case 'GroupMemberRemoved': {
      const { memberId } = event.data;
      return { ...group, members: new Set([...group.members].filter((id) => id !== memberId)) };
    }
    case 'GroupDeleted':
      return { status: 'deleted' };
  }
}

export const groupAggregate: Aggregate<Group, GroupCommand, GroupEvent> = {
  kind: 'group',
  decider: {
    initialState: { status: 'missing' },
    decide,
    evolve,
    erase: () => ({ status: 'deleted' }),
  },
  events: groupEvents,
};
