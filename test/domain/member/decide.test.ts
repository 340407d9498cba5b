import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MemberCommand, endsOwnership, memberAggregate } from '#domain/member/decide.ts';
import { Email, type MemberEvent, memberEvents } from '#domain/member/events.ts';
import { rolesOf } from '#domain/member/state.ts';
import type { TenantRole } from '#domain/rights.ts';
import { given, operator, principal } from '#test/support/given.ts';

const byOwner = { principal: principal('olivia', 'owner') };
const byAdmin = { principal: principal('adam', 'admin') };

const invited = (...roles: TenantRole[]): MemberEvent => ({
  type: 'MemberInvited',
  data: { name: 'Ada', email: 'ada@example.org', roles },
});
const invite = (...roles: TenantRole[]) =>
  ({ type: 'InviteMember', name: 'Ada', email: 'ada@example.org', roles }) as const;
const rolesChanged = (...roles: TenantRole[]): MemberEvent => ({
  type: 'MemberRolesChanged',
  data: { roles },
});
const deactivated: MemberEvent = { type: 'MemberDeactivated', data: {} };
const reactivated: MemberEvent = { type: 'MemberReactivated', data: {} };

const member = (...history: MemberEvent[]) => given(memberAggregate.decider, ...history);

test('a member is invited with each role once and in one order', () => {
  member()
    .when(invite('viewer', 'author', 'viewer'))
    .happens(invited('author', 'viewer'));
});

test('the same invitation twice is nothing, and another one under the same id is refused', () => {
  member().when(invite('viewer', 'author')).twice();
  member(invited('author')).when(invite('editor')).isRejected('member/already-exists');
});

test('an e-mail address that another member has is refused', () => {
  member()
    .when({ ...invite('author'), emailTaken: true })
    .isRejected('member/email-taken');
  member(invited('author'))
    .when({ type: 'ChangeMember', email: 'bob@example.org', emailTaken: true })
    .isRejected('member/email-taken');
  member(invited('author'))
    .when({ type: 'ChangeMember', email: 'ada@example.org', emailTaken: true })
    .nothingHappens();
});

test('an admin invites everybody but owners', () => {
  member().when(invite('admin', 'auditor'), byAdmin).happens(invited('admin', 'auditor'));
  member().when(invite('owner'), byAdmin).isRejected('right/above-own');
});

test('who is neither owner nor admin manages no members', () => {
  const commands: MemberCommand[] = [
    invite('viewer'),
    { type: 'ChangeMember', name: 'X' },
    { type: 'DeactivateMember' },
    { type: 'ReactivateMember' },
    { type: 'InviteFirstOwner', name: 'X' },
  ];
  for (const role of ['editor', 'author', 'reviewer', 'viewer', 'auditor'] as const) {
    for (const command of commands) {
      member(invited('author'))
        .when(command, { principal: principal('ed', role) })
        .isRejected('right/missing');
    }
  }
});

test('the operator makes the first owner and can do nothing else to members', () => {
  const first: MemberCommand = { type: 'InviteFirstOwner', name: 'Ada', email: 'ada@example.org' };
  member().when(first, { principal: operator }).happens(invited('owner'));
  member().when(first, { principal: operator }).twice();
  member().when(first, byOwner).isRejected('right/missing');
  member().when(invite('owner'), { principal: operator }).isRejected('right/missing');
});

test('a change says only what changed', () => {
  member(invited('author'))
    .when({ type: 'ChangeMember', name: 'Ada L.', email: 'ada@example.org', roles: ['editor'] })
    .happens({ type: 'MemberProfileChanged', data: { name: 'Ada L.' } }, rolesChanged('editor'));
});

test('the same change twice is nothing', () => {
  member(invited('author'))
    .when({ type: 'ChangeMember', name: 'B', email: 'b@example.org', roles: ['viewer', 'editor'] })
    .twice();
});

test('an admin cannot make an owner, nor change one', () => {
  member(invited('author'))
    .when({ type: 'ChangeMember', roles: ['owner'] }, byAdmin)
    .isRejected('right/above-own');
  const owner = member(invited('owner'));
  owner.when({ type: 'ChangeMember', name: 'X' }, byAdmin).isRejected('right/above-own');
  owner
    .when({ type: 'ChangeMember', roles: ['viewer'], ownerReleased: true }, byAdmin)
    .isRejected('right/above-own');
  owner
    .when({ type: 'DeactivateMember', ownerReleased: true }, byAdmin)
    .isRejected('right/above-own');
  member(invited('owner'), deactivated)
    .when({ type: 'ReactivateMember' }, byAdmin)
    .isRejected('right/above-own');
});

test('an owner stays one until the tenant has released him', () => {
  const owner = member(invited('owner'));
  owner.when({ type: 'ChangeMember', roles: ['admin'] }).isRejected('tenant/last-owner');
  owner.when({ type: 'DeactivateMember' }).isRejected('tenant/last-owner');
  owner
    .when({ type: 'ChangeMember', roles: ['admin'], ownerReleased: true })
    .happens(rolesChanged('admin'));
  owner.when({ type: 'DeactivateMember', ownerReleased: true }).happens(deactivated);
  owner
    .when({ type: 'ChangeMember', roles: ['owner', 'editor'] })
    .happens(rolesChanged('editor', 'owner'));
});

test('which commands end an ownership is known before they are sent', () => {
  const { state } = member(invited('owner'));
  assert.ok(endsOwnership({ type: 'DeactivateMember' }, state));
  assert.ok(endsOwnership({ type: 'ChangeMember', roles: ['admin'] }, state));
  assert.ok(!endsOwnership({ type: 'ChangeMember', roles: ['owner', 'admin'] }, state));
  assert.ok(!endsOwnership({ type: 'ChangeMember', name: 'X' }, state));
  assert.ok(!endsOwnership({ type: 'DeactivateMember' }, member(invited('admin')).state));
  assert.ok(
    !endsOwnership({ type: 'DeactivateMember' }, member(invited('owner'), deactivated).state),
  );
});

test('a member is deactivated and comes back with the same roles, once each', () => {
  member(invited('author')).when({ type: 'DeactivateMember' }).twice();
  member(invited('author'), deactivated).when({ type: 'ReactivateMember' }).twice();
  member(invited('author')).when({ type: 'ReactivateMember' }).nothingHappens();
  assert.deepEqual(rolesOf(member(invited('author'), deactivated).state), []);
  assert.deepEqual(rolesOf(member(invited('author'), deactivated, reactivated).state), ['author']);
});

test('nothing can be done to a member who is not there', () => {
  member().when({ type: 'ChangeMember', name: 'X' }).isRejected('member/not-found');
  member().when({ type: 'DeactivateMember' }).isRejected('member/not-found');
  member().when({ type: 'ReactivateMember' }).isRejected('member/not-found');
});

test('what an auditor read is an event each time, and nobody else can claim to have read', () => {
  const asked = { types: 'MemberInvited' };
  const read = { type: 'RecordAuditRead', asked } as const;
  member(invited('auditor'))
    .when(read, { principal: principal('audrey', 'auditor') })
    .happens({ type: 'AuditRead', data: { asked } });
  member(invited('editor'))
    .when(read, { principal: principal('ed', 'editor') })
    .isRejected('right/missing');
});

test('an erased member has no roles and does not come back', () => {
  const { decider } = memberAggregate;
  const erased = decider.erase?.(member(invited('owner')).state);
  assert.ok(erased);
  assert.deepEqual(rolesOf(erased), []);
  const after = decider.evolve(erased, reactivated, 5);
  assert.deepEqual(rolesOf(after), []);
  given({ ...decider, initialState: erased })
    .when(invite('owner'))
    .isRejected('member/erased');
});

test('a snapshot holds the state as it was', () => {
  const { state } = member(invited('author', 'viewer'), deactivated);
  const { snapshot } = memberAggregate;
  assert.ok(snapshot);
  assert.deepEqual(snapshot.decode(snapshot.encode(state)), state);
});

test('an e-mail address is compared without regard to case', () => {
  assert.equal(Email.parse('Ada@Example.org'), 'ada@example.org');
  assert.ok(!Email.safeParse('ada').success);
});

test('what is decided fits the schemas that it is stored under', () => {
  for (const { type, data } of [
    invited('owner'),
    rolesChanged('admin'),
    deactivated,
    reactivated,
  ]) {
    assert.deepEqual(memberEvents[type].schema.parse(data), data);
  }
});
