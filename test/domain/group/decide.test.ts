import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupAggregate } from '#domain/group/decide.ts';
import { type GroupEvent, groupEvents } from '#domain/group/events.ts';
import { given, memberNamed, principal } from '#test/support/given.ts';

const memberId = memberNamed('ada');
const created: GroupEvent = { type: 'GroupCreated', data: { name: 'Legal' } };
const added: GroupEvent = { type: 'GroupMemberAdded', data: { memberId } };
const removed: GroupEvent = { type: 'GroupMemberRemoved', data: { memberId } };
const deleted: GroupEvent = { type: 'GroupDeleted', data: {} };
const add = { type: 'AddToGroup', memberId, memberExists: true } as const;

const group = (...history: GroupEvent[]) => given(groupAggregate.decider, ...history);

test('a group is created once', () => {
  group().when({ type: 'CreateGroup', name: 'Legal' }).happens(created);
  group().when({ type: 'CreateGroup', name: 'Legal' }).twice();
  group(created).when({ type: 'CreateGroup', name: 'Other' }).isRejected('group/already-exists');
});

test('a group is renamed, and to its own name not', () => {
  group(created).when({ type: 'RenameGroup', name: 'Law' }).twice();
  group(created).when({ type: 'RenameGroup', name: 'Legal' }).nothingHappens();
});

test('a member is added and removed, once each', () => {
  group(created).when(add).happens(added);
  group(created).when(add).twice();
  group(created, added).when({ type: 'RemoveFromGroup', memberId }).happens(removed);
  group(created, added).when({ type: 'RemoveFromGroup', memberId }).twice();
  group(created).when({ type: 'RemoveFromGroup', memberId }).nothingHappens();
});

test('only members can be in a group, and at most a thousand', () => {
  group(created)
    .when({ ...add, memberExists: false })
    .isRejected('member/not-found');
  const thousand = Array.from({ length: 1_000 }, (_, n): GroupEvent => {
    return { type: 'GroupMemberAdded', data: { memberId: memberNamed(`m${n}`) } };
  });
  group(created, ...thousand)
    .when(add)
    .isRejected('group/full');
});

test('a deleted group never changes again', () => {
  group(created).when({ type: 'DeleteGroup' }).twice();
  const gone = group(created, added, deleted);
  gone.when(add).isRejected('group/deleted');
  gone.when({ type: 'RemoveFromGroup', memberId }).isRejected('group/deleted');
  gone.when({ type: 'RenameGroup', name: 'X' }).isRejected('group/deleted');
  gone.when({ type: 'CreateGroup', name: 'Legal' }).isRejected('group/already-exists');
});

test('nothing can be done to a group that is not there', () => {
  group().when(add).isRejected('group/not-found');
  group().when({ type: 'DeleteGroup' }).isRejected('group/not-found');
});

test('owners and admins manage groups, others do not', () => {
  group(created)
    .when(add, { principal: principal('adam', 'admin') })
    .happens(added);
  group(created)
    .when(add, { principal: principal('ed', 'editor') })
    .isRejected('right/missing');
});

test('what is decided fits the schemas that it is stored under', () => {
  for (const { type, data } of [created, added, removed, deleted]) {
    assert.deepEqual(groupEvents[type].schema.parse(data), data);
  }
});
