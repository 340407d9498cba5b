import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type IdentityProviderCommand,
  identityProviderAggregate,
} from '#domain/identity-provider/decide.ts';
import type { IdentityProviderEvent } from '#domain/identity-provider/events.ts';
import { SYSTEM } from '#domain/ids.ts';
import type { TenantRole } from '#domain/rights.ts';
import { acme, given, operator, principal } from '#test/support/given.ts';

const provider = (...history: IdentityProviderEvent[]) =>
  given(identityProviderAggregate.decider, ...history);

const issuer = 'https://id.example.com';
const rule = (value: string, ...roles: TenantRole[]) => ({ claim: ['groups'], value, roles });
const settings = {
  audience: 'palimpsest:acme',
  rules: [rule('writers', 'editor')],
  defaultRoles: ['viewer' as const],
  admitsNew: true,
};
const register = (
  changes: Partial<typeof settings> & { issuerAllowed?: boolean } = {},
): IdentityProviderCommand => ({
  type: 'RegisterIdentityProvider',
  issuer,
  issuerAllowed: true,
  ...settings,
  ...changes,
});
const registered = (changes: Partial<typeof settings> = {}): IdentityProviderEvent => ({
  type: 'IdentityProviderRegistered',
  data: { issuer, ...settings, ...changes },
});
const removed: IdentityProviderEvent = { type: 'IdentityProviderRemoved', data: {} };
const remove = { type: 'RemoveIdentityProvider' } as const;
const byAdmin = { principal: principal('adam', 'admin') };

test('an admin registers a provider; again it is nothing, and otherwise it is refused', () => {
  provider().when(register(), byAdmin).happens(registered());
  provider().when(register(), byAdmin).twice();
  provider(registered())
    .when(register({ admitsNew: false }))
    .isRejected('identity-provider/already-exists');
});

test('the same roles in another order are the same settings', () => {
  const [one, other] = [rule('a', 'editor', 'author'), rule('a', 'author', 'editor', 'author')];
  provider(registered({ rules: [other] }))
    .when({ type: 'ChangeIdentityProvider', rules: [one] })
    .happens({ type: 'IdentityProviderChanged', data: { rules: [rule('a', 'author', 'editor')] } });
  provider(registered({ rules: [rule('a', 'author', 'editor')] }))
    .when(register({ rules: [one] }))
    .nothingHappens();
});

test('a change says only what changed, and twice is once', () => {
  const change = { type: 'ChangeIdentityProvider', ...settings, admitsNew: false } as const;
  provider(registered())
    .when(change)
    .happens({ type: 'IdentityProviderChanged', data: { admitsNew: false } });
  provider(registered()).when(change).twice();
  provider().when(change).isRejected('identity-provider/not-found');
  provider(registered(), removed).when(change).isRejected('identity-provider/not-found');
});

test('a provider is removed once, and can be registered anew with other settings', () => {
  provider(registered()).when(remove, byAdmin).happens(removed);
  provider(registered()).when(remove).twice();
  provider().when(remove).isRejected('identity-provider/not-found');
  provider(registered(), removed)
    .when(register({ admitsNew: false }))
    .happens(registered({ admitsNew: false }));
});

test('only who manages identity providers does, and the operator does not', () => {
  for (const role of ['editor', 'author', 'reviewer', 'viewer', 'auditor'] as const) {
    for (const command of [register(), remove, { type: 'ChangeIdentityProvider' } as const]) {
      provider(registered())
        .when(command, { principal: principal('ed', role) })
        .isRejected('right/missing');
    }
  }
  provider().when(register(), { principal: operator }).isRejected('right/missing');
});

test('a rule that makes owners is written, changed and removed by owners only', () => {
  const owners = { rules: [rule('board', 'owner')] };
  provider().when(register(owners)).happens(registered(owners));
  provider().when(register(owners), byAdmin).isRejected('right/above-own');
  const ofOwners = provider(registered(owners));
  for (const command of [
    { type: 'ChangeIdentityProvider', rules: [] },
    { type: 'ChangeIdentityProvider', audience: 'other' },
    { type: 'ChangeIdentityProvider', admitsNew: false },
    remove,
  ] as const) {
    ofOwners.when(command, byAdmin).isRejected('right/above-own');
  }
  provider(registered())
    .when({ type: 'ChangeIdentityProvider', ...owners }, byAdmin)
    .isRejected('right/above-own');
});

test('an audience that names another tenant is refused, whenever it is set', () => {
  const audience = 'palimpsest:umbra';
  provider().when(register({ audience })).isRejected('identity-provider/foreign-audience');
  provider(registered())
    .when({ type: 'ChangeIdentityProvider', audience })
    .isRejected('identity-provider/foreign-audience');
  provider()
    .when(register({ audience: 'api' }))
    .happens(registered({ audience: 'api' }));
});

test('an issuer that the server may not ask is refused', () => {
  provider()
    .when(register({ issuerAllowed: false }))
    .isRejected('identity-provider/issuer-not-allowed');
});

test('refused sign-ins are told once a minute, and only of a provider that is there', () => {
  const system = { principal: { tenant: acme, member: SYSTEM, roles: [], groups: [] } };
  const refused = { expired: 3, key: 1 };
  const summary = { type: 'SummariseSignIns', minute: '2026-01-31T12:00', refused } as const;
  const told = { type: 'SignInsRefused', data: { minute: summary.minute, refused } } as const;
  provider(registered()).when(summary, system).happens(told);
  provider(registered()).when(summary, system).twice();
  provider(registered(), told)
    .when({ ...summary, minute: '2026-01-31T12:01' }, system)
    .happens({ ...told, data: { ...told.data, minute: '2026-01-31T12:01' } });
  provider(registered())
    .when({ ...summary, refused: {} }, system)
    .nothingHappens();
  provider().when(summary, system).nothingHappens();
  provider(registered(), removed).when(summary, system).nothingHappens();
  assert.equal(provider(registered(), told).state.status, 'registered');
});
