import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IssueApiKey, apiKeyAggregate } from '#domain/api-key/decide.ts';
import { type ApiKeyEvent, apiKeyEvents } from '#domain/api-key/events.ts';
import { rolesAtUse } from '#domain/api-key/state.ts';
import { at, given, memberNamed, operator, principal } from '#test/support/given.ts';

const memberId = memberNamed('ada');
const now = at('2026-01-31T12:00:00.000Z');
const byOwner = { principal: principal('olivia', 'owner'), now };
const byAdmin = { principal: principal('adam', 'admin'), now };
const byOperator = { principal: operator, now };

const issue: IssueApiKey = {
  type: 'IssueApiKey',
  memberId,
  memberRoles: ['author', 'viewer'],
  roles: ['viewer'],
  secretHash: 'aa',
};
const data = { memberId, roles: ['viewer' as const], secretHash: 'aa', labels: {} };
const issued: ApiKeyEvent = { type: 'ApiKeyIssued', data };
const revoked: ApiKeyEvent = { type: 'ApiKeyRevoked', data: {} };

const key = (...history: ApiKeyEvent[]) => given(apiKeyAggregate.decider, ...history);

test('a key is issued with what it was asked with', () => {
  key().when(issue, byAdmin).happens(issued);
  const more = { labels: { project: 'x' }, name: 'CI', expiresAt: '2027-01-01T00:00:00.000Z' };
  key()
    .when({ ...issue, ...more }, byAdmin)
    .happens({ type: 'ApiKeyIssued', data: { ...data, ...more } });
});

test('issuing the same key twice is nothing, and another secret under its id is refused', () => {
  key().when(issue, byAdmin).twice();
  key(issued)
    .when({ ...issue, secretHash: 'bb' }, byAdmin)
    .isRejected('api-key/already-exists');
});

test('a key never has roles that its member has not', () => {
  key()
    .when({ ...issue, roles: ['viewer', 'editor'] }, byOwner)
    .isRejected('right/above-own');
});

test('an admin makes no key that acts for an owner, not even a weak one', () => {
  key()
    .when({ ...issue, memberRoles: ['owner', 'viewer'] }, byAdmin)
    .isRejected('right/above-own');
  key()
    .when({ ...issue, memberRoles: ['owner', 'viewer'] }, byOwner)
    .happens(issued);
});

test('a key needs a member who is there and active', () => {
  key()
    .when({ ...issue, memberRoles: undefined }, byOwner)
    .isRejected('member/not-found');
  key()
    .when({ ...issue, memberRoles: [] }, byOwner)
    .isRejected('member/deactivated');
});

test('who is neither owner nor admin issues and revokes no keys', () => {
  for (const role of ['editor', 'author', 'reviewer', 'viewer', 'auditor'] as const) {
    const by = { principal: principal('ed', role), now };
    key().when(issue, by).isRejected('right/missing');
    key(issued).when({ type: 'RevokeApiKey' }, by).isRejected('right/missing');
  }
});

test("an operator's key into a tenant lives one hour at most", () => {
  const first = { ...issue, memberRoles: ['owner'], roles: ['owner'] } as const;
  const expiring = (expiresAt: string): ApiKeyEvent => ({
    type: 'ApiKeyIssued',
    data: { ...data, roles: ['owner'], expiresAt },
  });
  key().when(first, byOperator).happens(expiring('2026-01-31T13:00:00.000Z'));
  key()
    .when({ ...first, expiresAt: '2026-01-31T12:10:00.000Z' }, byOperator)
    .happens(expiring('2026-01-31T12:10:00.000Z'));
  key()
    .when({ ...first, expiresAt: '2026-01-31T13:00:00.001Z' }, byOperator)
    .isRejected('api-key/lives-too-long');
});

test('a key that would be born expired is refused', () => {
  key()
    .when({ ...issue, expiresAt: '2026-01-31T12:00:00.000Z' }, byOwner)
    .isRejected('api-key/already-expired');
});

test('a key is revoked once, and an admin revokes no key with the role owner', () => {
  key(issued).when({ type: 'RevokeApiKey' }, byAdmin).happens(revoked);
  key(issued).when({ type: 'RevokeApiKey' }, byAdmin).twice();
  key().when({ type: 'RevokeApiKey' }, byAdmin).isRejected('api-key/not-found');
  const ownersKey: ApiKeyEvent = { type: 'ApiKeyIssued', data: { ...data, roles: ['owner'] } };
  key(ownersKey).when({ type: 'RevokeApiKey' }, byAdmin).isRejected('right/above-own');
  key(ownersKey).when({ type: 'RevokeApiKey' }, byOwner).happens(revoked);
});

test('refused requests are told once a minute at most, and not at all when there were none', () => {
  const summary = { minute: '2026-01-31T12:00', malformed: 3, limited: 9_000 };
  const told: ApiKeyEvent = { type: 'RequestsRefused', data: summary };
  const tell = { type: 'SummariseRefusals', ...summary } as const;
  key(issued).when(tell, byAdmin).happens(told);
  key(issued).when(tell, byAdmin).twice();
  key(issued, told)
    .when({ ...tell, malformed: 4 }, byAdmin)
    .nothingHappens();
  key(issued)
    .when({ ...tell, malformed: 0, limited: 0 }, byAdmin)
    .nothingHappens();
});

test('at use a key has the roles that its member still has, until it expires or is revoked', () => {
  const expiring: ApiKeyEvent = {
    type: 'ApiKeyIssued',
    data: { ...data, roles: ['author', 'viewer'], expiresAt: '2026-01-31T13:00:00.000Z' },
  };
  const { state } = key(expiring);
  assert.deepEqual(rolesAtUse(state, ['viewer', 'owner'], now), ['viewer']);
  assert.deepEqual(rolesAtUse(state, [], now), []);
  assert.deepEqual(rolesAtUse(state, ['viewer'], at('2026-01-31T13:00:00.000Z')), []);
  assert.deepEqual(rolesAtUse(key(expiring, revoked).state, ['viewer'], now), []);
  assert.deepEqual(rolesAtUse(key().state, ['viewer'], now), []);
});

test('a key whose member was erased opens nothing', () => {
  const { decider } = apiKeyAggregate;
  const erased = decider.erase?.(key(issued).state);
  assert.ok(erased);
  assert.deepEqual(rolesAtUse(erased, ['viewer'], now), []);
  given({ ...decider, initialState: erased })
    .when(issue, byOwner)
    .isRejected('api-key/already-exists');
});

test('what is issued is sealed with the key of the member for whom it acts', () => {
  const { subject } = apiKeyEvents.ApiKeyIssued;
  assert.equal(subject({ id: '0123456789abcdef' }, data), `member:${memberId}`);
  for (const { type, data } of [issued, revoked]) {
    assert.deepEqual(apiKeyEvents[type].schema.parse(data), data);
  }
});
