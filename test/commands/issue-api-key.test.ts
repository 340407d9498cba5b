import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstOwnerOf, rolesOf } from '#domain/member/state.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import type { TenantId } from '#domain/ids.ts';
import { acme, memberNamed, operator, principal } from '#test/support/given.ts';
import { acmeWorld, by } from '#test/support/people.ts';

const asked = { roles: ['owner' as const], secretHash: 'aa' };
const isRejected = (code: RejectionCode) => (error: unknown) =>
  error instanceof Rejected && error.code === code;

test("the operator's first key into a tenant makes its first owner, once", async () => {
  const people = await acmeWorld();
  const first = await people.issue(asked, by(operator));
  const second = await people.issue({ ...asked, secretHash: 'bb' }, by(operator));
  assert.equal(first.memberId, firstOwnerOf(acme));
  assert.equal(second.memberId, first.memberId);
  assert.notEqual(second.keyId, first.keyId);
  const member = await people.members.newest(acme, first.memberId);
  assert.deepEqual(rolesOf(member.state), ['owner']);
  assert.equal(member.revision, 0);
});

test('a repeated request is answered with the same key, which is told to be a repeat', async () => {
  const people = await acmeWorld();
  const request = by(operator);
  const first = await people.issue(asked, request);
  const second = await people.issue({ ...asked, secretHash: 'another secret' }, request);
  assert.equal(second.keyId, first.keyId);
  assert.equal(first.outcome.repeated, false);
  assert.equal(second.outcome.repeated, true);
});

test('there are no keys into a tenant that is not there, and no owner is made in it', async () => {
  const people = await acmeWorld();
  const nowhere = 'nowhere' as TenantId;
  const request = by({ ...operator, tenant: nowhere });
  await assert.rejects(people.issue(asked, request), isRejected('tenant/not-found'));
  const { state } = await people.members.newest(nowhere, firstOwnerOf(nowhere));
  assert.equal(state.status, 'missing');
});

test('a member is looked up as he is now', async () => {
  const people = await acmeWorld();
  const adam = by(principal('adam', 'admin'));
  const ada = memberNamed('ada');
  const forAda = { ...asked, roles: ['author' as const], memberId: ada };
  await assert.rejects(people.issue(forAda, adam), isRejected('member/not-found'));
  const invite = { type: 'InviteMember', name: 'Ada', roles: ['author'] } as const;
  await people.members.handle(ada, invite, by(principal('olivia', 'owner')));
  assert.equal((await people.issue(forAda, by(principal('adam', 'admin')))).memberId, ada);
  await people.members.handle(ada, { type: 'DeactivateMember' }, by(principal('olivia', 'owner')));
  await assert.rejects(
    people.issue(forAda, by(principal('adam', 'admin'))),
    isRejected('member/deactivated'),
  );
});

test('whoever may issue no keys makes no owner by asking for one', async () => {
  const people = await acmeWorld();
  const byEditor = by(principal('ed', 'editor'));
  await assert.rejects(people.issue(asked, byEditor), isRejected('right/missing'));
  const { state } = await people.members.newest(acme, firstOwnerOf(acme));
  assert.equal(state.status, 'missing');
});

test('a key that is refused leaves no first owner behind', async () => {
  const people = await acmeWorld();
  const expired = { ...asked, expiresAt: '2001-01-01T00:00:00.000Z' };
  await assert.rejects(people.issue(expired, by(operator)), isRejected('api-key/already-expired'));
  const { state } = await people.members.newest(acme, firstOwnerOf(acme));
  assert.equal(state.status, 'missing');
});
