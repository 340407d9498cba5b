import assert from 'node:assert/strict';
import { test } from 'node:test';
import { calcPrice, findProvider } from '@pydantic/genai-prices';
import * as fc from 'fast-check';
import { Price, costOf, hasRisingTiers } from '#domain/price.ts';
import { listedPrice } from '#infra/models/price-list.ts';

const at = new Date('2026-11-01T00:00:00.000Z');

test('a listed price is in whole pico-dollars, its cache at its own rate', () => {
  assert.deepEqual(listedPrice('openai', 'gpt-4.1-mini', at), {
    input: 400_000,
    cacheRead: 100_000,
    cacheWrite: 400_000,
    output: 1_600_000,
    tiers: [],
  });
});

test('a price that depends on the length of the prompt has its tiers', () => {
  assert.deepEqual(listedPrice('anthropic', 'claude-sonnet-4-5', at)?.tiers, [
    {
      aboveInputTokens: 200_000,
      input: 6_000_000,
      cacheRead: 600_000,
      cacheWrite: 7_500_000,
      output: 22_500_000,
    },
  ]);
});

test('a price that changed is that of its day', () => {
  const before = listedPrice('anthropic', 'claude-opus-4-6', new Date('2026-03-01'));
  assert.equal(before?.tiers.length, 1);
  assert.deepEqual(listedPrice('anthropic', 'claude-opus-4-6', at)?.tiers, []);
});

test('a model that is not listed by just this name has no price', () => {
  assert.equal(listedPrice('openai', 'gpt-nobody', at), undefined);
  assert.equal(listedPrice('openai', 'gpt-4.1-mini-of-ours', at), undefined);
  assert.equal(listedPrice('nobody', 'gpt-4.1-mini', at), undefined);
});

const priced = ['openai', 'anthropic'].flatMap((providerId) =>
  (findProvider({ providerId })?.models ?? []).flatMap(({ id }) => {
    const price = listedPrice(providerId, id, at);
    return price ? [{ providerId, id, price }] : [];
  }),
);

test('every listed model of both providers has a price that may be published', () => {
  assert.ok(priced.length > 60, `${priced.length} have one`);
  for (const { id, price } of priced) {
    assert.deepEqual(Price.parse(price), price, id);
    assert.ok(hasRisingTiers(price), id);
  }
});

test('what a call costs here is what the list’s own calculation says, but for its floats', () => {
  const models = fc.constantFrom(...priced);
  const tokens = fc.nat(400_000);
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(models, tokens, tokens, share, (model, inputTokens, outputTokens, cached) => {
      const { providerId, id, price } = model;
      const cacheReadTokens = Math.floor(inputTokens * cached);
      const theirs = calcPrice(
        {
          input_tokens: inputTokens,
          output_tokens: outputTokens,
          cache_read_tokens: cacheReadTokens,
        },
        id,
        { providerId, timestamp: at },
      );
      const cost = costOf(
        {
          inputTokens,
          cacheReadTokens,
          cacheWriteTokens: 0,
          outputTokens,
          reasoningTokens: 0,
          countedBy: 'provider',
          implausible: false,
        },
        price,
      );
      const nanoOver = Number(cost) - (theirs?.total_price ?? Number.NaN) * 1e9;
      assert.ok(nanoOver > -0.01 && nanoOver < 1.01, `${id}: ${nanoOver} nano-dollars over`);
    }),
    { numRuns: 1_000 },
  );
});
