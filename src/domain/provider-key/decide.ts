import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { ProviderId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { type ProviderKeyEvent, providerKeyEvents } from './events.ts';

export type SetKey = {
  readonly status: 'set';
  readonly providerId: ProviderId;
  readonly sealedWith: string;
  readonly sealed: Uint8Array;
  readonly ending: string;
};
export type ProviderKey =
  | { readonly status: 'missing' }
  | { readonly status: 'revoked'; readonly providerId: ProviderId }
  | SetKey;

/** Takes the place of the key that was there. */
type SetProviderKey = {
  readonly type: 'SetProviderKey';
  readonly providerId: ProviderId;
  readonly sealedWith: string;
  readonly sealed: Uint8Array;
  readonly ending: string;
  /** Whether such a key is of any use: read by the caller from the provider's stream. */
  readonly providerPublished: boolean;
  readonly isTaken: boolean;
};
type RevokeProviderKey = { readonly type: 'RevokeProviderKey' };
export type ProviderKeyCommand = SetProviderKey | RevokeProviderKey;

function decide(
  command: ProviderKeyCommand,
  state: ProviderKey,
  { principal }: DecisionContext,
): ProviderKeyEvent[] {
  assertMay(principal, 'provider-key.manage');
  switch (command.type) {
    case 'SetProviderKey': {
      const { providerId, sealedWith, sealed, ending } = command;
      if (!command.providerPublished) throw new Rejected('provider/not-found');
      if (!command.isTaken) throw new Rejected('provider-key/not-taken');
      if (state.status === 'set' && state.sealedWith === sealedWith) return [];
      return [{ type: 'ProviderKeySet', data: { providerId, sealedWith, sealed, ending } }];
    }
    case 'RevokeProviderKey':
      if (state.status === 'missing') throw new Rejected('provider-key/not-found');
      return state.status === 'revoked' ? [] : [{ type: 'ProviderKeyRevoked', data: {} }];
  }
}

function evolve(state: ProviderKey, event: ProviderKeyEvent): ProviderKey {
  if (event.type === 'ProviderKeySet') return { status: 'set', ...event.data };
  if (state.status === 'missing') return state;
  return { status: 'revoked', providerId: state.providerId };
}

export const providerKeyAggregate: Aggregate<ProviderKey, ProviderKeyCommand, ProviderKeyEvent> = {
  kind: 'provider-key',
  decider: { initialState: { status: 'missing' }, decide, evolve },
  events: providerKeyEvents,
};
