import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WrongExpectedRevision } from '#commands/ports.ts';
import { rolesOf } from '#domain/member/state.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import type { TenantRole } from '#domain/rights.ts';
import { acme, memberNamed, principal } from '#test/support/given.ts';
import { type People, acmeWorld, by, peopleOf } from '#test/support/people.ts';

const olivia = principal('olivia', 'owner');
const ada = memberNamed('ada');
const bob = memberNamed('bob');

const invite = (people: People, id: typeof ada, ...roles: TenantRole[]) =>
  people.members.handle(id, { type: 'InviteMember', name: 'Someone', roles }, by(olivia));

async function listedOwners(people: People) {
  const { state } = await people.tenants.newest(acme, acme);
  assert.notEqual(state.status, 'missing');
  return state.status === 'missing'
    ? []
    : [...state.owners].filter(([, { listed }]) => listed).map(([id]) => id);
}

const realOwners = async (people: People, ...ids: (typeof ada)[]) => {
  const states = await Promise.all(ids.map((id) => people.members.newest(acme, id)));
  return ids.filter((_, n) => rolesOf(states[n]!.state).includes('owner'));
};

const isRejected = (code: RejectionCode) => (error: unknown) =>
  error instanceof Rejected && error.code === code;

const demote = { type: 'ChangeMember', roles: ['author'] } as const;

test('whoever becomes an owner is listed by the tenant', async () => {
  const people = await acmeWorld();
  await invite(people, ada, 'owner');
  await invite(people, bob, 'author');
  assert.deepEqual(await listedOwners(people), [ada]);
  await people.members.handle(bob, { type: 'ChangeMember', roles: ['owner'] }, by(olivia));
  assert.deepEqual(await listedOwners(people), [ada, bob]);
});

test('the last owner can be neither demoted nor deactivated', async () => {
  const people = await acmeWorld();
  await invite(people, ada, 'owner');
  const refused = isRejected('tenant/last-owner');
  await assert.rejects(people.members.handle(ada, demote, by(olivia)), refused);
  await assert.rejects(
    people.members.handle(ada, { type: 'DeactivateMember' }, by(olivia)),
    refused,
  );
  assert.deepEqual(await realOwners(people, ada), [ada]);
});

test('one of two owners can go, and comes back into the list when reactivated', async () => {
  const people = await acmeWorld();
  await invite(people, ada, 'owner');
  await invite(people, bob, 'owner');
  await people.members.handle(ada, { type: 'DeactivateMember' }, by(olivia));
  assert.deepEqual(await listedOwners(people), [bob]);
  await people.members.handle(ada, { type: 'ReactivateMember' }, by(olivia));
  assert.deepEqual((await listedOwners(people)).sort(), [ada, bob].sort());
});

test('of two owners who demote each other at once, in two processes, one stays', async () => {
  for (let round = 0; round < 20; round++) {
    const one = await acmeWorld();
    const other = peopleOf(one);
    await invite(one, ada, 'owner');
    await invite(one, bob, 'owner');
    await Promise.allSettled([
      one.members.handle(ada, demote, by(principal('bob', 'owner'))),
      other.members.handle(bob, demote, by(principal('ada', 'owner'))),
    ]);
    assert.equal((await realOwners(one, ada, bob)).length, 1);
    assert.deepEqual(await listedOwners(one), await realOwners(one, ada, bob));
  }
});

test('a demotion that is refused for another reason releases nobody', async () => {
  const people = await acmeWorld();
  await invite(people, ada, 'owner');
  await invite(people, bob, 'owner');
  await assert.rejects(
    people.members.handle(
      ada,
      { ...demote, email: 'bob@example.org', emailTaken: true },
      by(olivia),
    ),
    isRejected('member/email-taken'),
  );
  assert.deepEqual((await listedOwners(people)).sort(), [ada, bob].sort());
});

test('whoever may not demote an owner is told so, and nobody is released', async () => {
  const people = await acmeWorld();
  await invite(people, ada, 'owner');
  await invite(people, bob, 'owner');
  const byAdmin = by(principal('adam', 'admin'));
  const byViewer = by(principal('vic', 'viewer'));
  await assert.rejects(people.members.handle(ada, demote, byAdmin), isRejected('right/above-own'));
  await assert.rejects(people.members.handle(ada, demote, byViewer), isRejected('right/missing'));
  assert.equal((await listedOwners(people)).length, 2);
});

test('a repeated demotion is answered as the first time', async () => {
  const people = await acmeWorld();
  await invite(people, ada, 'owner');
  await invite(people, bob, 'owner');
  const request = by(olivia);
  const first = await people.members.handle(ada, demote, request);
  const second = await people.members.handle(ada, demote, request);
  assert.equal(first.repeated, false);
  assert.equal(second.repeated, true);
  assert.equal(second.revision, first.revision);
});

test('a caller who insists on an old revision is refused, and nobody is released', async () => {
  const people = await acmeWorld();
  await invite(people, ada, 'owner');
  await invite(people, bob, 'owner');
  await people.members.handle(ada, { type: 'ChangeMember', name: 'Ada' }, by(olivia));
  await assert.rejects(
    people.members.handle(ada, demote, by(olivia, { expectedRevision: 0 })),
    WrongExpectedRevision,
  );
  assert.equal((await listedOwners(people)).length, 2);
  await people.members.handle(ada, demote, by(olivia, { expectedRevision: 1 }));
  assert.deepEqual(await listedOwners(people), [bob]);
});

test('a change of name of an owner writes nothing to the tenant', async () => {
  const people = await acmeWorld();
  await invite(people, ada, 'owner');
  const { revision } = await people.tenants.newest(acme, acme);
  await people.members.handle(ada, { type: 'ChangeMember', name: 'Ada' }, by(olivia));
  assert.equal((await people.tenants.newest(acme, acme)).revision, revision);
});
