import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityProviderIdOf } from '#domain/identity-provider/ids.ts';
import { type MemberCommand, endsOwnership, memberAggregate } from '#domain/member/decide.ts';
import type { MemberEvent } from '#domain/member/events.ts';
import { isLastingOwner, rolesAtSignIn } from '#domain/member/state.ts';
import type { TenantRole } from '#domain/rights.ts';
import { acme, given, memberNamed, principal } from '#test/support/given.ts';

const member = (...history: MemberEvent[]) => given(memberAggregate.decider, ...history);

const identity = { issuer: 'https://id.example.com', subject: 'ada' };
const provider = identityProviderIdOf(acme, identity.issuer);
const join = (...roles: TenantRole[]): MemberCommand => ({
  type: 'JoinBySignIn',
  name: 'Ada',
  roles,
  provider,
  identity,
});
const joined = (...roles: TenantRole[]): MemberEvent => ({
  type: 'MemberJoined',
  data: { name: 'Ada', roles, provider, identity },
});
const invited = (...roles: TenantRole[]): MemberEvent => ({
  type: 'MemberInvited',
  data: { name: 'Ada', roles },
});
const rolesChanged = (...roles: TenantRole[]): MemberEvent => ({
  type: 'MemberRolesChanged',
  data: { roles },
});
const deactivated: MemberEvent = { type: 'MemberDeactivated', data: {} };
const reactivated: MemberEvent = { type: 'MemberReactivated', data: {} };
/** Who joins has no role yet. */
const itself = { principal: { tenant: acme, member: memberNamed('ada'), roles: [], groups: [] } };

test('a first sign-in makes the member, and later ones change nothing', () => {
  member().when(join('author'), itself).happens(joined('author'));
  member().when(join('author'), itself).twice();
  for (const history of [
    [joined('viewer')],
    [invited('viewer')],
    [joined('viewer'), deactivated],
  ]) {
    member(...history)
      .when(join('admin'), itself)
      .nothingHappens();
  }
});

test('whose data was erased does not come back by signing in', () => {
  const { decider } = memberAggregate;
  const erased = { ...decider, initialState: decider.erase!(member(joined('author')).state) };
  given(erased).when(join('author'), itself).isRejected('member/erased');
  assert.deepEqual(rolesAtSignIn(erased.initialState, ['author']), []);
});

test('the claims rule who joined, and whoever was invited or given roles has no more than these', () => {
  const at = (history: MemberEvent[], ...claims: TenantRole[]) =>
    rolesAtSignIn(member(...history).state, claims);
  assert.deepEqual(at([joined('author')], 'admin', 'editor'), ['admin', 'editor']);
  assert.deepEqual(at([joined('author'), deactivated], 'admin'), []);
  assert.deepEqual(at([joined('author'), deactivated, reactivated], 'admin'), ['admin']);
  assert.deepEqual(at([invited('author')], 'admin', 'author'), ['author']);
  assert.deepEqual(at([joined('author'), rolesChanged('viewer')], 'admin', 'viewer'), ['viewer']);
  assert.deepEqual(at([], 'admin'), []);
});

test('roles that are set by hand are set, though they are the ones that were there', () => {
  const set: MemberCommand = { type: 'ChangeMember', roles: ['author'] };
  member(joined('author')).when(set).happens(rolesChanged('author'));
  member(joined('author')).when(set).twice();
  member(joined('author')).when({ type: 'ChangeMember', name: 'Ada' }).nothingHappens();
});

test('an invitation of somebody who joined meanwhile is no repeat of it', () => {
  const invite: MemberCommand = { type: 'InviteMember', name: 'Ada', roles: ['author'], identity };
  member(joined('author')).when(invite).isRejected('member/already-exists');
  member().when(invite).twice();
});

test('an owner by claims needs no release, and one whom an owner confirms does', () => {
  const byClaim = member(joined('owner'));
  assert.ok(!isLastingOwner(byClaim.state));
  assert.ok(!endsOwnership({ type: 'DeactivateMember' }, byClaim.state));
  byClaim.when({ type: 'DeactivateMember' }).happens(deactivated);
  byClaim
    .when({ type: 'DeactivateMember' }, { principal: principal('adam', 'admin') })
    .isRejected('right/above-own');
  const confirmed = member(joined('owner'), rolesChanged('owner'));
  assert.ok(isLastingOwner(confirmed.state));
  confirmed.when({ type: 'DeactivateMember' }).isRejected('tenant/last-owner');
});

test('a snapshot keeps whom the claims rule', () => {
  const { snapshot } = memberAggregate;
  const { state } = member(joined('author'));
  assert.deepEqual(snapshot?.decode(snapshot.encode(state)), { ...state, email: undefined });
});
