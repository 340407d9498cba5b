import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import { type Price, hasRisingTiers, isFree } from '#domain/price.ts';
import type { ModelId } from '#domain/ids.ts';
import { isSame } from '#domain/is-same.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { type ModelEvent, type ModelSettings, modelEvents } from './events.ts';
import { type Model, evolve, initialState, priceAt } from './state.ts';

export type PublishModel = {
  readonly type: 'PublishModel';
  readonly modelId: ModelId;
  readonly settings: ModelSettings;
  /** Read by the caller: a provider that was published once stays, so reading it before is enough. */
  readonly providerPublished: boolean;
};
/** Without a price a model cannot be used: nobody could say what it may cost. */
export type PublishPrice = {
  readonly type: 'PublishPrice';
  readonly modelId: ModelId;
  readonly price: Price;
  /** A price of 0 must be said, because a figure that was forgotten looks the same. */
  readonly free: boolean;
  /** RFC 3339, UTC, milliseconds; default: now. */
  readonly validFrom?: string | undefined;
};
export type ModelCommand = PublishModel | PublishPrice;

function decide(command: ModelCommand, state: Model, context: DecisionContext): ModelEvent[] {
  assertMay(context.principal, 'provider.publish');
  switch (command.type) {
    case 'PublishModel':
      return publish(command, state);
    case 'PublishPrice':
      return price(command, state, context.now);
  }
}

function publish(command: PublishModel, state: Model): ModelEvent[] {
  const { modelId, settings, providerPublished } = command;
  if (!providerPublished) throw new Rejected('provider/not-found');
  const newest = state.status === 'published' ? state : undefined;
  if (newest && isSame(newest.settings, settings)) return [];
  const version = (newest?.version ?? 0) + 1;
  return [{ type: 'ModelPublished', data: { modelId, version, settings } }];
}

function price(command: PublishPrice, state: Model, now: Date): ModelEvent[] {
  const { modelId, price, free } = command;
  if (state.status !== 'published') throw new Rejected('model/not-found');
  if (!hasRisingTiers(price)) throw new Rejected('price/tiers-fall');
  if (free !== isFree(price)) throw new Rejected('price/free-unsaid');
  const isKnown = state.prices.some(
    (known) => known.validFrom === command.validFrom && isSame(known.price, price),
  );
  if (isKnown) return [];
  const validFrom = command.validFrom ?? now.toISOString();
  // What was reserved and billed at the old price would no longer add up.
  if (Date.parse(validFrom) < now.getTime()) throw new Rejected('price/in-the-past');
  const inForce = priceAt(state.prices, now);
  if (command.validFrom === undefined && inForce && isSame(inForce.price, price)) return [];
  const version = state.prices.length + 1;
  return [{ type: 'PricePublished', data: { modelId, version, price, free, validFrom } }];
}

export const modelAggregate: Aggregate<Model, ModelCommand, ModelEvent> = {
  kind: 'model',
  decider: { initialState, decide, evolve },
  events: modelEvents,
};
