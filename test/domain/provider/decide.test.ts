import assert from 'node:assert/strict';
import { test } from 'node:test';
import { providerAggregate } from '#domain/provider/decide.ts';
import { BaseUrl, type ProviderEvent, providerEvents } from '#domain/provider/events.ts';
import { shippedProviders } from '#domain/provider/shipped-providers.ts';
import { given, operator, principal } from '#test/support/given.ts';

const [openai] = shippedProviders;
assert.ok(openai);
const { type: _, ...provider } = openai;
const byOperator = { principal: operator };
const published: ProviderEvent = { type: 'ProviderPublished', data: { ...provider, version: 1 } };
const { decider } = providerAggregate;

test('a provider is published, and the same settings once more are nothing', () => {
  given(decider).when(openai, byOperator).happens(published);
  given(decider).when(openai, byOperator).twice();
});

test('changed settings are the next version', () => {
  const settings = { ...provider.settings, regions: ['eu-central'] };
  given(decider, published)
    .when({ ...openai, settings }, byOperator)
    .happens({ type: 'ProviderPublished', data: { ...provider, settings, version: 2 } });
});

test('only the operator publishes providers', () => {
  given(decider)
    .when(openai, { principal: principal('olivia', 'owner') })
    .isRejected('right/missing');
});

test('the shipped providers fit the stored shape, and ours takes no keys', () => {
  for (const { type: _, ...shipped } of shippedProviders) {
    const data = { ...shipped, version: 1 };
    assert.deepEqual(providerEvents.ProviderPublished.schema.parse(data), data);
    assert.equal(shipped.settings.takesTenantKeys, shipped.settings.protocol !== 'offline');
  }
});

test('an address holds no user, no query and no fragment, where a key could hide and be shown', () => {
  for (const right of ['https://llm.example.com/v1', 'http://127.0.0.1:8000']) {
    assert.ok(BaseUrl.safeParse(right).success, right);
  }
  for (const wrong of [
    'https://user:key@llm.example.com',
    'https://llm.example.com/v1?key=1',
    'https://llm.example.com/v1#a',
    'ftp://llm.example.com',
    'https://',
    'llm.example.com',
  ]) {
    assert.ok(!BaseUrl.safeParse(wrong).success, wrong);
  }
});
