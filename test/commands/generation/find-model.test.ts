import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelId, ProviderId } from '#domain/ids.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import { reachProvider } from '#infra/models/reach-provider.ts';
import { systemClock } from '#infra/system/clock.ts';
import { answerOf, promptOf } from '#test/support/answers.ts';
import { byOperator, catalogue, price } from '#test/support/catalogue.ts';
import { request } from '#test/support/command-path.ts';
import { acme, principal } from '#test/support/given.ts';
import { startModelServer } from '#test/support/model-server/server.ts';
import { umbra } from '#test/support/sealing.ts';

const model = 'gpt-ours' as ModelId;
const openai = 'openai' as ProviderId;
const PLATFORMS = 'sk-of-the-platform-0123';
const ACMES = 'sk-of-acme-0123456789';
const byOwner = () => request({ principal: principal('olivia', 'owner') });
const isRejected = (code: RejectionCode) => (error: unknown) =>
  error instanceof Rejected && error.code === code;

async function ready() {
  const process = catalogue();
  await process.publishProvider('openai');
  await process.publishModel(model);
  await process.publishPrice(model);
  await process.setKey(openai, PLATFORMS, byOperator());
  return process;
}

test('a model is found with its provider, its price in force and the platform’s key', async () => {
  const { find } = await ready();
  const found = await find(acme, model);
  assert.equal(found.settings.upstreamName, 'gpt-upstream');
  assert.equal(found.provider.id, 'openai');
  assert.deepEqual(found.price.price, price);
  assert.deepEqual(found.key, { of: 'platform', text: PLATFORMS });
});

test('a tenant’s own key goes before the platform’s, for this tenant only, until it is revoked', async () => {
  const { find, setKey, streams } = await ready();
  const { keyId } = await setKey(openai, ACMES, byOwner());
  assert.deepEqual((await find(acme, model)).key, { of: 'tenant', text: ACMES });
  assert.deepEqual((await find(umbra, model)).key, { of: 'platform', text: PLATFORMS });
  await streams.providerKeys.handle(keyId, { type: 'RevokeProviderKey' }, byOwner());
  assert.deepEqual((await find(acme, model)).key, { of: 'platform', text: PLATFORMS });
});

test('a provider that takes tenants’ keys no more is reached with the platform’s', async () => {
  const { find, setKey, publishProvider } = await ready();
  await setKey(openai, ACMES, byOwner());
  await publishProvider('openai', { takesTenantKeys: false });
  assert.deepEqual((await find(acme, model)).key, { of: 'platform', text: PLATFORMS });
});

test('a model without a price cannot be used, nor before its price holds', async () => {
  const { find, publishModel, publishPrice, clock } = await ready();
  await publishModel('gpt-new');
  const unpriced = 'gpt-new' as ModelId;
  await assert.rejects(find(acme, unpriced), isRejected('model/no-price'));
  const later = new Date(clock.now().getTime() + 60_000).toISOString();
  await publishPrice('gpt-new', later);
  await assert.rejects(find(acme, unpriced), isRejected('model/no-price'));
  await clock.advance(60_000);
  assert.equal((await find(acme, unpriced)).price.version, 1);
});

test('a model that is unknown, withdrawn or without any key is refused by name', async () => {
  const { find, publishModel, publishProvider, publishPrice } = await ready();
  await assert.rejects(find(acme, 'gpt-nobody' as ModelId), isRejected('model/not-found'));
  await publishModel('gpt-ours', { withdrawn: true });
  await assert.rejects(find(acme, model), isRejected('model/withdrawn'));
  await publishProvider('keyless');
  await publishModel('gpt-keyless', { provider: 'keyless' as ProviderId });
  await publishPrice('gpt-keyless');
  await assert.rejects(find(acme, 'gpt-keyless' as ModelId), isRejected('provider/no-key'));
});

test('a tenant with a region reaches providers that work there, and our own model anywhere', async () => {
  const { find, publishProvider, publishModel, publishPrice } = await ready();
  assert.ok(await find(acme, model, 'eu-central'));
  await assert.rejects(find(acme, model, 'us-east'), isRejected('model/outside-region'));
  await publishProvider('offline', { protocol: 'offline', regions: [] });
  await publishModel('offline', { provider: 'offline' as ProviderId });
  await publishPrice('offline');
  const own = await find(acme, 'offline' as ModelId, 'us-east');
  assert.deepEqual(own.key, { of: 'nobody' });
});

test('what was found reaches its provider, by its protocol, with its key', async (t) => {
  const server = await startModelServer();
  t.after(() => server.stop());
  const { find, setKey, publishProvider, publishModel, publishPrice } = await ready();
  const reach = reachProvider({ clock: systemClock });
  await setKey(openai, ACMES, byOwner());
  const baseUrl = `${server.origin}/v1`;
  await publishProvider('openai', { baseUrl, limitField: 'max_tokens' });
  await publishProvider('anthropic', { protocol: 'anthropic', baseUrl: server.origin });
  await setKey('anthropic' as ProviderId, 'sk-ant-of-acme-0123', byOwner());
  const claude = { provider: 'anthropic' as ProviderId, tokenizer: 'claude' } as const;
  await publishModel('claude-ours', claude);
  await publishPrice('claude-ours');

  for (const id of [model, 'claude-ours' as ModelId]) {
    const found = await find(acme, id);
    const answer = await answerOf(await reach(found), promptOf('Hi'), {
      model: found.settings.upstreamName,
    });
    assert.equal(answer.text, 'Hello world.');
  }
  assert.deepEqual(
    server.requests.map(({ path, headers, body }) => [
      path,
      headers.authorization,
      body['model'],
      body['max_tokens'],
    ]),
    [
      ['/v1/chat/completions', `Bearer ${ACMES}`, 'gpt-upstream', 500],
      ['/v1/messages', 'Bearer sk-ant-of-acme-0123', 'gpt-upstream', 500],
    ],
  );
});

test('our own model is reached without a network', async () => {
  const { find, publishProvider, publishModel, publishPrice } = await ready();
  await publishProvider('offline', { protocol: 'offline' });
  await publishModel('offline', { provider: 'offline' as ProviderId });
  await publishPrice('offline');
  const reach = reachProvider({ clock: systemClock });
  const provider = await reach(await find(acme, 'offline' as ModelId));
  const { parts } = await answerOf(provider, promptOf('Summarise: It rains. It pours.'));
  assert.deepEqual(parts[0], { type: 'started', model: 'offline' });
});
