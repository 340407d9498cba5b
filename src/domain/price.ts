import { z } from 'zod';
import type { Usage } from './usage.ts';

// Integers only: a price is whole pico-dollars (1e-12 US dollars) per token, which holds every
// price that is given in dollars per million tokens with up to six decimals; a call is rounded up
// to whole nano-dollars once, at its end. Sums of floats drift, and sums of rounded parts too.

const PICO_PER_NANO = 1_000n;

/** 1e12 pico-dollars are one dollar for one token: above it somebody has mistaken the unit. */
const rate = z.int().min(0).max(1_000_000_000_000);

/** Pico-dollars for each token, by what the token is. */
const Rates = z.object({
  input: rate.describe('Of a token of the prompt, in 1e-12 US dollars'),
  cacheRead: rate.describe('Of a token that the provider had in its cache'),
  cacheWrite: rate.describe('Of a token that the provider put into its cache'),
  output: rate.describe('Of a token of the answer, reasoning included'),
});
type Rates = z.infer<typeof Rates>;

/** Stored in events: add fields (optional ones), never rename or remove them. */
export const Price = z.object({
  ...Rates.shape,
  tiers: z
    .array(z.object({ aboveInputTokens: z.int().min(1), ...Rates.shape }))
    .max(10)
    .describe('The whole call is at the rates of the last tier whose bound its prompt is above'),
});
export type Price = z.infer<typeof Price>;

const rateNames = ['input', 'cacheRead', 'cacheWrite', 'output'] as const;

/**
 * Whether each tier has a higher bound and no lower rate than the one before. Else more tokens could
 * cost less, and a reservation for the most of them be too small.
 */
export function hasRisingTiers({ tiers, ...base }: Price): boolean {
  const steps = [{ aboveInputTokens: 0, ...base }, ...tiers];
  return steps.every((step, index) => {
    const before = steps[index - 1];
    if (before === undefined) return true;
    if (step.aboveInputTokens <= before.aboveInputTokens) return false;
    return rateNames.every((name) => step[name] >= before[name]);
  });
}

export const isFree = (price: Price): boolean =>
  [price, ...price.tiers].every((rates) => rateNames.every((name) => rates[name] === 0));

/** What an attempt cost, in nano-dollars. */
export function costOf(usage: Usage, price: Price): bigint {
  const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = usage;
  const { input, cacheRead, cacheWrite, output } = ratesFor(price, inputTokens);
  const plainTokens = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens);
  return inNanoDollars(
    BigInt(plainTokens) * BigInt(input) +
      BigInt(cacheReadTokens) * BigInt(cacheRead) +
      BigInt(cacheWriteTokens) * BigInt(cacheWrite) +
      BigInt(outputTokens) * BigInt(output),
  );
}

/** The most tokens that an attempt is reserved for: our count of the prompt may be 5 % too low. */
export const reservedTokens = (inputTokens: number, maxTokens: number) => ({
  inputTokens: Math.ceil((inputTokens * 105) / 100),
  outputTokens: maxTokens,
});

/**
 * The most that an attempt can cost whose prompt we count as `inputTokens` and whose answer is
 * limited to `maxTokens`: every token of the prompt at the dearest rate that it could have.
 */
export function worstCostOf(inputTokens: number, maxTokens: number, price: Price): bigint {
  const reserved = reservedTokens(inputTokens, maxTokens);
  const { input, cacheRead, cacheWrite, output } = ratesFor(price, reserved.inputTokens);
  const dearest = Math.max(input, cacheRead, cacheWrite);
  return inNanoDollars(
    BigInt(reserved.inputTokens) * BigInt(dearest) + BigInt(reserved.outputTokens) * BigInt(output),
  );
}

const ratesFor = (price: Price, inputTokens: number): Rates =>
  price.tiers.findLast(({ aboveInputTokens }) => inputTokens > aboveInputTokens) ?? price;

const inNanoDollars = (pico: bigint): bigint => (pico + PICO_PER_NANO - 1n) / PICO_PER_NANO;
