import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  Price,
  costOf,
  hasRisingTiers,
  isFree,
  reservedTokens,
  worstCostOf,
} from '#domain/price.ts';
import type { Usage } from '#domain/usage.ts';

const usageOf = (usage: Partial<Usage>): Usage => ({
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  countedBy: 'provider',
  implausible: false,
  ...usage,
});

const flat = { input: 1_250_000, cacheRead: 125_000, cacheWrite: 1_250_000, output: 10_000_000 };
const price: Price = { ...flat, tiers: [] };

const rates = fc.record({
  input: fc.nat(30_000_000),
  cacheRead: fc.nat(30_000_000),
  cacheWrite: fc.nat(30_000_000),
  output: fc.nat(100_000_000),
});
type Rates = typeof flat;

function risingFrom(base: Rates, steps: readonly (readonly [Rates, number])[]): Price {
  let last = { aboveInputTokens: 0, ...base };
  const tiers = steps.map(([more, further]) => {
    last = {
      aboveInputTokens: last.aboveInputTokens + further,
      input: last.input + more.input,
      cacheRead: last.cacheRead + more.cacheRead,
      cacheWrite: last.cacheWrite + more.cacheWrite,
      output: last.output + more.output,
    };
    return last;
  });
  return { ...base, tiers };
}

const steps = fc.array(fc.tuple(rates, fc.integer({ min: 1, max: 60_000 })), { maxLength: 3 });
/** Any price that may be published. */
const anyPrice = fc.tuple(rates, steps).map((from) => risingFrom(...from));
const share = fc.double({ min: 0, max: 1, noNaN: true });
const tokens = fc.nat(200_000);

/** Any usage whose parts do not exceed its sums. */
const usageWithin = (input: number, output: number, shares: readonly number[]): Usage => {
  const [ofInput = 1, ofRead = 0, ofWrite = 0, ofOutput = 1] = shares;
  const inputTokens = Math.floor(input * ofInput);
  const cacheReadTokens = Math.floor(inputTokens * ofRead);
  const cacheWriteTokens = Math.floor((inputTokens - cacheReadTokens) * ofWrite);
  const outputTokens = Math.floor(output * ofOutput);
  return usageOf({ inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens });
};

test('a million tokens at $1.25 and a million at $10 cost $11.25, to the nano-dollar', () => {
  const usage = usageOf({ inputTokens: 1_000_000, outputTokens: 1_000_000 });
  assert.equal(costOf(usage, price), 11_250_000_000n);
});

test('cached tokens are at their own rates, and the rest of the prompt at its', () => {
  const usage = usageOf({ inputTokens: 10, cacheReadTokens: 6, cacheWriteTokens: 1 });
  assert.equal(costOf(usage, { ...price, cacheWrite: 1_562_500 }), 6_063n);
});

test('what is less than a nano-dollar is one', () => {
  const tiny: Price = { input: 1, cacheRead: 1, cacheWrite: 1, output: 1, tiers: [] };
  assert.equal(costOf(usageOf({ inputTokens: 1 }), tiny), 1n);
  assert.equal(costOf(usageOf({ inputTokens: 1_000 }), tiny), 1n);
  assert.equal(costOf(usageOf({ inputTokens: 1_000, outputTokens: 1 }), tiny), 2n);
  assert.equal(costOf(usageOf({}), tiny), 0n);
});

test('a prompt above a tier’s bound is at its rates as a whole, one at the bound is not', () => {
  const tier = { aboveInputTokens: 200_000, input: 6_000_000, output: 22_500_000 };
  const base = { input: 3_000_000, cacheRead: 300_000, cacheWrite: 3_750_000, output: 15_000_000 };
  const tiered = { ...base, tiers: [{ ...base, ...tier }] };
  const at = usageOf({ inputTokens: 200_000, outputTokens: 10 });
  assert.equal(costOf(at, tiered), 600_150_000n);
  assert.equal(costOf({ ...at, inputTokens: 200_001 }, tiered), 1_200_231_000n);
});

test('a price is refused that is no whole number, is not complete, or mistakes its unit', () => {
  const tier = { aboveInputTokens: 10, ...flat };
  for (const wrong of [
    { ...price, input: 1.5 },
    { ...price, output: -1 },
    { ...price, input: 2e12 },
    { input: 1, output: 1, tiers: [] },
  ]) {
    assert.equal(Price.safeParse(wrong).success, false, JSON.stringify(wrong));
  }
  assert.ok(Price.safeParse({ ...price, tiers: [tier] }).success);
});

test('tiers rise when each has a higher bound and no lower rate', () => {
  const tier = { aboveInputTokens: 10, ...flat };
  assert.ok(hasRisingTiers(price));
  assert.ok(hasRisingTiers({ ...price, tiers: [tier, { ...tier, aboveInputTokens: 11 }] }));
  assert.ok(!hasRisingTiers({ ...price, tiers: [{ ...tier, output: 9_999_999 }] }));
  assert.ok(!hasRisingTiers({ ...price, tiers: [tier, tier] }));
});

test('only a price whose every rate is 0 is free', () => {
  const nothing = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
  assert.ok(isFree({ ...nothing, tiers: [] }));
  assert.ok(!isFree({ ...nothing, output: 1, tiers: [] }));
  assert.ok(!isFree({ ...nothing, tiers: [{ ...nothing, aboveInputTokens: 9, input: 1 }] }));
});

test('nothing within a reservation costs more than what was reserved', () => {
  const shares = fc.array(share, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(anyPrice, tokens, tokens, shares, (price, prompt, maxTokens, shares) => {
      const { inputTokens, outputTokens } = reservedTokens(prompt, maxTokens);
      const usage = usageWithin(inputTokens, outputTokens, shares);
      assert.ok(costOf(usage, price) <= worstCostOf(prompt, maxTokens, price));
    }),
    { numRuns: 2_000 },
  );
});

test('the reservation is 5 % above our count of the prompt, and exactly what the answer may be', () => {
  assert.deepEqual(reservedTokens(1_000, 300), { inputTokens: 1_050, outputTokens: 300 });
  assert.deepEqual(reservedTokens(1, 0), { inputTokens: 2, outputTokens: 0 });
  assert.equal(worstCostOf(1_000, 300, price), 4_312_500n);
});

test('more tokens never cost less, and no token is free of charge where it has a price', () => {
  fc.assert(
    fc.property(anyPrice, tokens, tokens, fc.nat(50), fc.nat(50), (price, input, output, a, b) => {
      const less = usageOf({ inputTokens: input, outputTokens: output });
      const more = usageOf({ inputTokens: input + a, outputTokens: output + b });
      assert.ok(costOf(more, price) >= costOf(less, price));
      assert.ok(worstCostOf(input + a, output + b, price) >= worstCostOf(input, output, price));
      if (price.output > 0) assert.ok(costOf(usageOf({ outputTokens: 1 }), price) > 0n);
    }),
    { numRuns: 2_000 },
  );
});

test('a call is rounded once: it costs its exact price or less than one nano-dollar more', () => {
  const shares = fc.array(share, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(rates, tokens, tokens, shares, (rates, input, output, shares) => {
      const usage = usageWithin(input, output, shares);
      const plain = usage.inputTokens - usage.cacheReadTokens - usage.cacheWriteTokens;
      const pico =
        BigInt(plain) * BigInt(rates.input) +
        BigInt(usage.cacheReadTokens) * BigInt(rates.cacheRead) +
        BigInt(usage.cacheWriteTokens) * BigInt(rates.cacheWrite) +
        BigInt(usage.outputTokens) * BigInt(rates.output);
      const over = costOf(usage, { ...rates, tiers: [] }) * 1_000n - pico;
      assert.ok(over >= 0n && over < 1_000n, `${over} pico-dollars over`);
    }),
    { numRuns: 2_000 },
  );
});
