import { test } from 'node:test';
import type { ProviderId } from '#domain/ids.ts';
import { type ProviderKeyCommand, providerKeyAggregate } from '#domain/provider-key/decide.ts';
import type { ProviderKeyEvent } from '#domain/provider-key/events.ts';
import { given, operator, principal } from '#test/support/given.ts';

const data = {
  providerId: 'openai' as ProviderId,
  sealedWith: 'c1b5f3a0-5d0e-5f6b-9b0a-2f6a3c9d7e11',
  sealed: Uint8Array.of(1, 2, 3),
  ending: 'wxyz',
};
const setKey = {
  type: 'SetProviderKey',
  ...data,
  providerPublished: true,
  isTaken: true,
} as const satisfies ProviderKeyCommand;
const revoke = { type: 'RevokeProviderKey' } as const;
const set: ProviderKeyEvent = { type: 'ProviderKeySet', data };
const revoked: ProviderKeyEvent = { type: 'ProviderKeyRevoked', data: {} };
const { decider } = providerKeyAggregate;

test('a key is set, and another takes its place', () => {
  given(decider).when(setKey).happens(set);
  given(decider).when(setKey).twice();
  const next = { ...data, sealedWith: 'another', ending: 'abcd' };
  given(decider, set)
    .when({ ...setKey, ...next })
    .happens({ type: 'ProviderKeySet', data: next });
});

test('a key is revoked once, and can be set anew', () => {
  given(decider, set).when(revoke).happens(revoked);
  given(decider, set).when(revoke).twice();
  given(decider, set, revoked).when(setKey).happens(set);
});

test('what was never set cannot be revoked', () => {
  given(decider).when(revoke).isRejected('provider-key/not-found');
});

test('there are no keys for a provider that is not there, or that takes none', () => {
  given(decider)
    .when({ ...setKey, providerPublished: false })
    .isRejected('provider/not-found');
  given(decider)
    .when({ ...setKey, isTaken: false })
    .isRejected('provider-key/not-taken');
});

test('owners, admins and the operator manage keys, and nobody else', () => {
  for (const who of [principal('adam', 'admin'), operator]) {
    given(decider).when(setKey, { principal: who }).happens(set);
  }
  for (const command of [setKey, revoke]) {
    for (const role of ['editor', 'auditor', 'viewer'] as const) {
      given(decider, set)
        .when(command, { principal: principal('eve', role) })
        .isRejected('right/missing');
    }
  }
});
