import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Claims,
  profileFrom,
  rolesFromClaims,
  subjectOf,
  tenantNamedBy,
} from '#domain/identity-provider/claims.ts';
import { identityProviderIdOf, memberOfIdentity } from '#domain/identity-provider/ids.ts';
import type { TenantId } from '#domain/ids.ts';
import { acme } from '#test/support/given.ts';

const umbra = 'umbra' as TenantId;

test('a token names its tenant by its audience or by a claim, and by both only when they agree', () => {
  const named: readonly (readonly [Claims, string | undefined])[] = [
    [{ aud: 'palimpsest:acme' }, 'acme'],
    [{ aud: ['account', 'palimpsest:acme'] }, 'acme'],
    [{ aud: ['palimpsest:acme', 'palimpsest:acme'] }, 'acme'],
    [{ aud: 'api', palimpsest_tenant: 'acme' }, 'acme'],
    [{ aud: 'palimpsest:acme', palimpsest_tenant: 'acme' }, 'acme'],
    [{ aud: 'palimpsest:acme', palimpsest_tenant: 'umbra' }, undefined],
    [{ aud: ['palimpsest:acme', 'palimpsest:umbra'] }, undefined],
    [{ aud: 'acme' }, undefined],
    [{ aud: 'Palimpsest:acme' }, undefined],
    [{ aud: 'palimpsest:' }, undefined],
    [{ aud: 'palimpsest:acme/member' }, undefined],
    [{ aud: ['palimpsest:acme', 'palimpsest:'] }, undefined],
    [{ aud: { 0: 'palimpsest:acme' } }, undefined],
    [{ palimpsest_tenant: ['acme'] }, undefined],
    [{ palimpsest_tenant: '' }, undefined],
    [{ aud: 'palimpsest:acme', palimpsest_tenant: null }, undefined],
    [{}, undefined],
  ];
  for (const [claims, tenant] of named) {
    assert.equal(tenantNamedBy(claims), tenant, JSON.stringify(claims));
  }
});

const settings = {
  rules: [
    { claim: ['groups'], value: 'writers', roles: ['editor', 'author'] },
    { claim: ['realm_access', 'roles'], value: 'boss', roles: ['admin'] },
    { claim: ['https://acme.example.com/role'], value: 'lead', roles: ['reviewer', 'editor'] },
  ],
  defaultRoles: ['viewer'],
} as const;

test('the roles of every rule that applies are given, each once; the default ones where none does', () => {
  const given: readonly (readonly [Claims, readonly string[]])[] = [
    [{}, ['viewer']],
    [{ groups: [] }, ['viewer']],
    [{ groups: 'writers' }, ['author', 'editor']],
    [{ groups: ['others', 'writers'] }, ['author', 'editor']],
    [{ groups: 'writers others' }, ['viewer']],
    [{ groups: { writers: true } }, ['viewer']],
    [{ groups: [['writers']] }, ['viewer']],
    [{ realm_access: { roles: ['boss'] } }, ['admin']],
    [{ realm_access: ['roles', 'boss'] }, ['viewer']],
    [{ 'realm_access.roles': 'boss' }, ['viewer']],
    [
      { groups: ['writers'], 'https://acme.example.com/role': 'lead' },
      ['author', 'editor', 'reviewer'],
    ],
  ];
  for (const [claims, roles] of given) {
    assert.deepEqual(rolesFromClaims(settings, claims), roles, JSON.stringify(claims));
  }
});

test('a subject is a text that can be kept as it is, of 1 to 255 characters', () => {
  for (const sub of ['a', 'auth0|5f7c', '世界', ' ', 'x'.repeat(255)]) {
    assert.equal(subjectOf({ sub }), sub);
  }
  for (const sub of ['', 'x'.repeat(256), 'a\0', '\ud800', 7, null, undefined, ['a'], {}]) {
    assert.equal(subjectOf({ sub }), undefined, JSON.stringify(sub));
  }
});

test('somebody new is called as the token says, and by an address only where it was checked', () => {
  const checked = { email: 'Ada@Example.org', email_verified: true };
  assert.deepEqual(profileFrom({ name: ' Ada ', ...checked }), {
    name: 'Ada',
    email: 'ada@example.org',
  });
  assert.deepEqual(profileFrom({ preferred_username: 'ada' }), { name: 'ada' });
  assert.deepEqual(profileFrom(checked), { name: 'ada@example.org', email: 'ada@example.org' });
  const unchecked = ['true', 1, undefined, false].map((email_verified) => ({
    email: 'ada@example.org',
    email_verified,
  }));
  for (const claims of unchecked) assert.deepEqual(profileFrom(claims), { name: 'Unnamed' });
  for (const name of ['', '  ', 'x'.repeat(201), 'a\0b', '\ud800', 7, ['Ada']]) {
    assert.deepEqual(profileFrom({ name }), { name: 'Unnamed' });
  }
});

test('the same issuer and subject are another member in another tenant, and of another issuer', () => {
  const issuer = 'https://id.example.com';
  const ids = [
    memberOfIdentity(acme, { issuer, subject: 'ada' }),
    memberOfIdentity(umbra, { issuer, subject: 'ada' }),
    memberOfIdentity(acme, { issuer: `${issuer}/`, subject: 'ada' }),
    memberOfIdentity(acme, { issuer, subject: 'Ada' }),
    // Joined bare, these two would be the first one.
    memberOfIdentity(acme, { issuer: `${issuer}a`, subject: 'da' }),
    memberOfIdentity(acme, { issuer: `${issuer}ada`, subject: '' }),
    identityProviderIdOf(acme, issuer),
    identityProviderIdOf(umbra, issuer),
  ];
  assert.equal(new Set<string>(ids).size, ids.length);
  assert.equal(memberOfIdentity(acme, { issuer, subject: 'ada' }), ids[0]);
});
