import { calcPrice } from '@pydantic/genai-prices';
import type { Price } from '#domain/price.ts';

type Listed = NonNullable<ReturnType<typeof calcPrice>>['model_price'][string];

/** In the order of preference: who has no price for the cache bills its tokens like any other. */
const fieldsOf = {
  input: ['input_mtok'],
  cacheRead: ['cache_read_mtok', 'input_mtok'],
  cacheWrite: ['cache_write_mtok', 'input_mtok'],
  output: ['output_mtok'],
} as const satisfies Record<Exclude<keyof Price, 'tiers'>, readonly string[]>;

/**
 * What the list of `@pydantic/genai-prices` (pinned, and never fetched) says of a model at a time;
 * `undefined` where it does not know the model, or has no price for its text. A figure that is
 * missing is never taken for 0.
 */
export function listedPrice(provider: string, model: string, at: Date): Price | undefined {
  const tokens = { input_tokens: 1, output_tokens: 1 };
  const found = calcPrice(tokens, model, { providerId: provider, timestamp: at });
  const listed = found?.model_price;
  // It matches names by their beginnings; a price of another model is none.
  if (listed === undefined || found?.model.id !== model) return undefined;
  if (listed['input_mtok'] === undefined || listed['output_mtok'] === undefined) return undefined;

  const ratesFrom = (bound: number) => ({
    aboveInputTokens: bound,
    input: picoPerToken(listed, fieldsOf.input, bound),
    cacheRead: picoPerToken(listed, fieldsOf.cacheRead, bound),
    cacheWrite: picoPerToken(listed, fieldsOf.cacheWrite, bound),
    output: picoPerToken(listed, fieldsOf.output, bound),
  });
  const wanted = new Set<string>(Object.values(fieldsOf).flat());
  const bounds = Object.entries(listed).flatMap(([field, one]) =>
    wanted.has(field) && typeof one === 'object' ? one.tiers.map(({ start }) => start) : [],
  );
  const tiers = [...new Set(bounds)].toSorted((a, b) => a - b).map(ratesFrom);
  const { aboveInputTokens: _, ...base } = ratesFrom(0);
  return { ...base, tiers };
}

function picoPerToken(
  listed: Readonly<Record<string, Listed>>,
  fields: readonly string[],
  bound: number,
): number {
  const one = fields.map((field) => listed[field]).find((found) => found !== undefined);
  if (one === undefined) throw new Error(`The list has no price for ${fields.join()}.`);
  if (typeof one === 'number') return inPico(one);
  const tier = one.tiers.findLast(({ start }) => start <= bound);
  return inPico(bound === 0 || tier === undefined ? one.base : tier.price);
}

/** Dollars per million tokens are millions of pico-dollars per token; what is finer is rounded up. */
const inPico = (dollarsPerMillion: number): number =>
  Math.ceil(Number((dollarsPerMillion * 1_000_000).toPrecision(12)));
