import type { Price } from '#domain/price.ts';
import type { ModelEvent, ModelSettings } from './events.ts';

export type DatedPrice = {
  readonly version: number;
  readonly price: Price;
  /** RFC 3339, UTC, milliseconds. */
  readonly validFrom: string;
};

export type PublishedModel = {
  readonly status: 'published';
  readonly version: number;
  readonly settings: ModelSettings;
  /** In the order in which they were published. */
  readonly prices: readonly DatedPrice[];
};

export type Model = { readonly status: 'missing' } | PublishedModel;

export const initialState: Model = { status: 'missing' };

export function evolve(state: Model, event: ModelEvent): Model {
  const prices = state.status === 'published' ? state.prices : [];
  if (event.type === 'ModelPublished') {
    const { version, settings } = event.data;
    return { status: 'published', version, settings, prices };
  }
  if (state.status !== 'published') return state;
  const { version, price, validFrom } = event.data;
  return { ...state, prices: [...prices, { version, price, validFrom }] };
}

/** The price that holds at a time: of those that hold by then, the one that began last. */
export function priceAt<Dated extends Pick<DatedPrice, 'validFrom' | 'version'>>(
  prices: readonly Dated[],
  time: Date,
): Dated | undefined {
  return prices
    .filter(({ validFrom }) => Date.parse(validFrom) <= time.getTime())
    .toSorted((a, b) => Date.parse(a.validFrom) - Date.parse(b.validFrom) || a.version - b.version)
    .at(-1);
}
