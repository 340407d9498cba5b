import type { TenantRole } from '#domain/rights.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import type { IdentityProviderEvent } from './events.ts';

export type ProviderSettings = {
  readonly audience: string;
  readonly rules: readonly {
    readonly claim: readonly string[];
    readonly value: string;
    readonly roles: readonly TenantRole[];
  }[];
  readonly defaultRoles: readonly TenantRole[];
  readonly admitsNew: boolean;
};

export type RegisteredProvider = ProviderSettings & {
  readonly status: 'registered';
  readonly issuer: string;
  /** Refused sign-ins are told once a minute at most. */
  readonly summarisedUpTo: string;
};

/** Who was removed can be registered anew: its people come back as the members they were. */
export type IdentityProvider =
  | { readonly status: 'missing' }
  | { readonly status: 'removed' }
  | RegisteredProvider;

export const initialState: IdentityProvider = { status: 'missing' };

export function evolve(state: IdentityProvider, event: IdentityProviderEvent): IdentityProvider {
  if (event.type === 'IdentityProviderRegistered') {
    return { status: 'registered', ...event.data, summarisedUpTo: '' };
  }
  if (state.status !== 'registered') return state;
  switch (event.type) {
    case 'IdentityProviderChanged':
      return { ...state, ...withoutUndefined(event.data) };
    case 'SignInsRefused':
      return { ...state, summarisedUpTo: event.data.minute };
    case 'IdentityProviderRemoved':
      return { status: 'removed' };
  }
}
