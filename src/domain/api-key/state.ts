import type { MemberId } from '#domain/ids.ts';
import { type TenantRole, rolesOfKey } from '#domain/rights.ts';
import type { ApiKeyEvent } from './events.ts';

type KnownKey = {
  readonly memberId: MemberId;
  readonly roles: readonly TenantRole[];
  readonly secretHash: string;
  readonly expiresAt?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** Refused requests are told once a minute at most. */
  readonly summarisedUpTo: string;
};

export type IssuedKey = KnownKey & ({ readonly status: 'issued' } | { readonly status: 'revoked' });

export type ApiKey = { readonly status: 'missing' } | { readonly status: 'erased' } | IssuedKey;

export const initialState: ApiKey = { status: 'missing' };

export function evolve(state: ApiKey, event: ApiKeyEvent): ApiKey {
  if (event.type === 'ApiKeyIssued') {
    const { memberId, roles, secretHash, expiresAt, labels } = event.data;
    const known = { memberId, roles, secretHash, expiresAt, labels };
    return { status: 'issued', ...known, summarisedUpTo: '' };
  }
  if (state.status === 'missing' || state.status === 'erased') return state;
  switch (event.type) {
    case 'ApiKeyRevoked':
      return { ...state, status: 'revoked' };
    case 'RequestsRefused':
      return { ...state, summarisedUpTo: event.data.minute };
  }
}

/** The member's key was destroyed, and with it the hash that could admit anybody. */
export const erase = (): ApiKey => ({ status: 'erased' });

/**
 * The roles of a request that comes with this key at this moment; none when it opens nothing.
 * Whether the secret is the right one is asked before.
 */
export function rolesAtUse(
  key: ApiKey,
  memberRoles: readonly TenantRole[],
  now: Date,
): readonly TenantRole[] {
  if (key.status !== 'issued') return [];
  if (key.expiresAt !== undefined && Date.parse(key.expiresAt) <= now.getTime()) return [];
  return rolesOfKey(key.roles, memberRoles);
}
