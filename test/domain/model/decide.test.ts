import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelId, ProviderId } from '#domain/ids.ts';
import { type PublishModel, type PublishPrice, modelAggregate } from '#domain/model/decide.ts';
import { type ModelEvent, modelEvents } from '#domain/model/events.ts';
import { shippedModels } from '#domain/model/shipped-models.ts';
import { priceAt } from '#domain/model/state.ts';
import { shippedProviders } from '#domain/provider/shipped-providers.ts';
import { at, given, operator, principal } from '#test/support/given.ts';

const modelId = 'gpt-test' as ModelId;
const settings = {
  provider: 'openai' as ProviderId,
  upstreamName: 'gpt-test',
  tokenizer: 'o200k',
  contextTokens: 1_000,
  maxOutputTokens: 100,
  callsTools: true,
  writesJson: true,
  withdrawn: false,
} as const;
const publish: PublishModel = { type: 'PublishModel', modelId, settings, providerPublished: true };
const rates = { input: 1_000, cacheRead: 100, cacheWrite: 1_250, output: 4_000 };
const price = { ...rates, tiers: [] };
const dearer = { ...price, output: 5_000 };
const pricing: PublishPrice = { type: 'PublishPrice', modelId, price, free: false };
const zero = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, tiers: [] };

const NOW = '2026-01-31T12:00:30.000Z';
const LATER = '2026-02-01T00:00:00.000Z';
const by = { principal: operator };
const published: ModelEvent = { type: 'ModelPublished', data: { modelId, version: 1, settings } };
const priced = (version: number, validFrom: string, of = price): ModelEvent => ({
  type: 'PricePublished',
  data: { modelId, version, price: of, free: false, validFrom },
});
const { decider } = modelAggregate;

test('a model is published in versions, and the same settings once more are nothing', () => {
  given(decider).when(publish, by).happens(published);
  given(decider).when(publish, by).twice();
  const withdrawn = { ...settings, withdrawn: true };
  given(decider, published)
    .when({ ...publish, settings: withdrawn }, by)
    .happens({ type: 'ModelPublished', data: { modelId, version: 2, settings: withdrawn } });
});

test('a model of a provider that is not there is refused', () => {
  given(decider)
    .when({ ...publish, providerPublished: false }, by)
    .isRejected('provider/not-found');
});

test('a price holds from now on, and the same one once more is nothing', () => {
  given(decider, published).when(pricing, by).happens(priced(1, NOW));
  given(decider, published).when(pricing, by).twice();
});

test('a price can be published for later, once', () => {
  const forLater = { ...pricing, price: dearer, validFrom: LATER };
  given(decider, published, priced(1, NOW))
    .when(forLater, by)
    .happens(priced(2, LATER, dearer));
  given(decider, published, priced(1, NOW)).when(forLater, by).twice();
});

test('no price holds from the past: what was billed would no longer add up', () => {
  given(decider, published)
    .when({ ...pricing, validFrom: '2026-01-31T12:00:29.999Z' }, by)
    .isRejected('price/in-the-past');
});

test('a model that is not there has no price', () => {
  given(decider).when(pricing, by).isRejected('model/not-found');
});

test('a price of 0 must be said, and only that one may be', () => {
  given(decider, published)
    .when({ ...pricing, price: zero }, by)
    .isRejected('price/free-unsaid');
  given(decider, published)
    .when({ ...pricing, free: true }, by)
    .isRejected('price/free-unsaid');
  given(decider, published)
    .when({ ...pricing, price: zero, free: true }, by)
    .happens({
      type: 'PricePublished',
      data: { modelId, version: 1, price: zero, free: true, validFrom: NOW },
    });
});

test('a price that falls with use is refused', () => {
  const tiers = [{ ...rates, aboveInputTokens: 100, output: 3_999 }];
  given(decider, published)
    .when({ ...pricing, price: { ...price, tiers } }, by)
    .isRejected('price/tiers-fall');
});

test('only the operator publishes models and prices', () => {
  for (const command of [publish, pricing]) {
    given(decider, published)
      .when(command, { principal: principal('olivia', 'owner') })
      .isRejected('right/missing');
  }
});

test('of several prices that hold, the one that began last does', () => {
  const { state } = given(
    decider,
    published,
    priced(1, '2026-01-01T00:00:00.000Z'),
    priced(2, LATER, dearer),
    priced(3, '2026-01-15T00:00:00.000Z', zero),
  );
  assert.ok(state.status === 'published');
  const versionAt = (time: string) => priceAt(state.prices, at(time))?.version;
  assert.equal(versionAt('2025-12-31T23:59:59.999Z'), undefined);
  assert.equal(versionAt('2026-01-01T00:00:00.000Z'), 1);
  assert.equal(versionAt('2026-01-20T00:00:00.000Z'), 3);
  assert.equal(versionAt(LATER), 2);
});

test('the shipped models fit the stored shape, and are of shipped providers', () => {
  const providers = new Set(shippedProviders.map(({ providerId }) => providerId));
  for (const { modelId, settings } of shippedModels) {
    const data = { modelId, version: 1, settings };
    assert.deepEqual(modelEvents.ModelPublished.schema.parse(data), data);
    assert.ok(providers.has(settings.provider), settings.provider);
    assert.ok(settings.maxOutputTokens <= settings.contextTokens);
  }
});
