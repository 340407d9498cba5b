import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { ProviderId } from '#domain/ids.ts';
import { isSame } from '#domain/is-same.ts';
import { assertMay } from '#domain/rights.ts';
import { type ProviderEvent, type ProviderSettings, providerEvents } from './events.ts';

export type Provider =
  | { readonly status: 'missing' }
  | {
      readonly status: 'published';
      readonly version: number;
      readonly settings: ProviderSettings;
    };

/** A new version. The old ones stay: where a prompt went in March is asked in June. */
export type PublishProvider = {
  readonly type: 'PublishProvider';
  readonly providerId: ProviderId;
  readonly settings: ProviderSettings;
};

function decide(
  command: PublishProvider,
  state: Provider,
  { principal }: DecisionContext,
): ProviderEvent[] {
  assertMay(principal, 'provider.publish');
  const { providerId, settings } = command;
  const newest = state.status === 'published' ? state : undefined;
  if (newest && isSame(newest.settings, settings)) return [];
  const version = (newest?.version ?? 0) + 1;
  return [{ type: 'ProviderPublished', data: { providerId, version, settings } }];
}

function evolve(_: Provider, { data: { version, settings } }: ProviderEvent): Provider {
  return { status: 'published', version, settings };
}

export const providerAggregate: Aggregate<Provider, PublishProvider, ProviderEvent> = {
  kind: 'provider',
  decider: { initialState: { status: 'missing' }, decide, evolve },
  events: providerEvents,
};
