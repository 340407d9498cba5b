import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueryResult } from 'pg';
import { type RealServer, realServer } from '#test/support/real-server.ts';

type Method = 'GET' | 'PUT' | 'POST' | 'DELETE';

/** Reads wait for everything that was written before. */
function asking({ app, send, eventsAfter }: RealServer) {
  return async (key: string, method: Method, url: string, payload?: object, headers = {}) => {
    const last = (await eventsAfter(0n)).at(-1)?.position ?? 0n;
    const position = { 'palimpsest-min-position': `${app.logId}.${last}` };
    return await send(key, {
      method,
      url,
      headers: { ...(method === 'GET' && position), ...headers },
      ...(payload && { payload }),
    });
  };
}

const settings = {
  name: 'Ours',
  protocol: 'openai',
  baseUrl: 'http://10.0.0.7:8000/v1',
  regions: ['eu-central'],
  limitField: 'max_tokens',
  takesTenantKeys: false,
};
const model = {
  provider: 'vllm',
  upstreamName: 'meta/llama-9',
  tokenizer: 'o200k',
  contextTokens: 8_000,
  maxOutputTokens: 1_000,
  callsTools: false,
  writesJson: true,
  withdrawn: false,
};
const price = { input: 1_000, cacheRead: 1_000, cacheWrite: 1_000, output: 4_000, tiers: [] };

test('a first start has providers, priced models and cascades, and the keys of the environment', async (t) => {
  const server = await realServer(t, {
    OPENAI_API_KEY: 'sk-of-the-environment-0123',
    OPENAI_BASE_URL: 'https://llm.example.com/v1',
  });
  const ask = asking(server);
  const key = server.operatorKey;
  const providers = (await ask(key, 'GET', '/admin/v1/providers')).json().items;
  assert.deepEqual(
    providers.map((one: { id: string; baseUrl: string | null; key: { ending: string } | null }) => [
      one.id,
      one.baseUrl,
      one.key?.ending ?? null,
    ]),
    [
      ['anthropic', null, null],
      ['offline', null, null],
      ['openai', 'https://llm.example.com/v1', '0123'],
    ],
  );
  const models = (await ask(key, 'GET', '/admin/v1/models')).json().items;
  type Shown = { id: string; price: { price: { input: number; output: number } } };
  const rateOf = (id: string) => models.find((one: Shown) => one.id === id)?.price?.price;
  assert.equal(models.length, 6);
  assert.ok(
    models.every((one: Shown) => one.price !== null),
    'all of them can be used',
  );
  assert.equal(rateOf('gpt-4.1-mini').output, 1_600_000);
  assert.equal(rateOf('offline').output, 0);
  const cascades = (await ask(key, 'GET', '/admin/v1/cascades')).json().items;
  assert.deepEqual(
    cascades.map(({ id }: { id: string }) => id),
    ['continue', 'converse', 'draft', 'rewrite', 'summarise'],
  );
});

test('the operator publishes a provider, a model, its price and a cascade, version by version', async (t) => {
  const server = await realServer(t);
  const ask = asking(server);
  const key = server.operatorKey;
  const put = async (url: string, body: object, headers = {}) => {
    const answer = await ask(key, 'PUT', `/admin/v1/${url}`, body, headers);
    return { status: answer.statusCode, ...answer.json() };
  };
  assert.equal((await put('models/llama-9', model)).code, 'provider/not-found');
  assert.equal((await put('providers/vllm', settings)).status, 200);
  assert.equal((await put('models/llama-9', model)).status, 200);
  assert.equal((await put('prices/llama-9', { price })).status, 200);
  assert.equal((await put('cascades/converse', { models: ['llama-9'] })).status, 200);
  const unknown = await put('cascades/converse', { models: ['llama-9', 'llama-10'] });
  assert.deepEqual([unknown.code, unknown.model], ['model/not-found', 'llama-10']);

  const provider = await ask(key, 'GET', '/admin/v1/providers/vllm');
  assert.equal(provider.json().version, 1);
  const etag = String(provider.headers['etag']);
  const known = await ask(key, 'GET', '/admin/v1/providers/vllm', undefined, {
    'if-none-match': etag,
  });
  assert.equal(known.statusCode, 304);
  const changed = { ...settings, regions: [] };
  assert.equal((await put('providers/vllm', changed, { 'if-match': etag })).status, 200);
  assert.equal((await put('providers/vllm', settings, { 'if-match': etag })).status, 412);
  assert.equal((await ask(key, 'GET', '/admin/v1/providers/vllm')).json().version, 2);

  const found = (await ask(key, 'GET', '/admin/v1/models/llama-9')).json();
  assert.deepEqual(found.price.price, price);
  assert.equal(found.upstreamName, 'meta/llama-9');
  const cascade = (await ask(key, 'GET', '/admin/v1/cascades/converse')).json();
  assert.deepEqual([cascade.version, cascade.models], [2, ['llama-9']]);
});

test('a price that is wrong is refused by what is wrong with it', async (t) => {
  const server = await realServer(t);
  const ask = asking(server);
  const publish = async (body: object, id = 'gpt-5-mini') => {
    const answer = await ask(server.operatorKey, 'PUT', `/admin/v1/prices/${id}`, body);
    const { code, errors = [] } = answer.json();
    return [answer.statusCode, code, errors[0]?.path].filter((one) => one !== undefined);
  };
  const zero = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0, tiers: [] };
  const tiers = [{ ...price, aboveInputTokens: 1, output: 1, tiers: undefined }];
  assert.deepEqual(await publish({ price }, 'gpt-nobody'), [404, 'model/not-found']);
  assert.deepEqual(await publish({ price: zero }), [422, 'price/free-unsaid']);
  assert.deepEqual(await publish({ price, free: true }), [422, 'price/free-unsaid']);
  assert.deepEqual(await publish({ price: { ...price, tiers } }), [422, 'price/tiers-fall']);
  const validFrom = '2020-01-01T00:00:00.000Z';
  assert.deepEqual(await publish({ price, validFrom }), [422, 'price/in-the-past']);
  const { output: _, ...forgotten } = price;
  assert.deepEqual(await publish({ price: forgotten }), [400, 'request/invalid', 'price.output']);
  const dollars = { ...price, output: 1.6 };
  assert.deepEqual(await publish({ price: dollars }), [400, 'request/invalid', 'price.output']);
});

test('a price for later is listed, and is not in force before', async (t) => {
  const server = await realServer(t);
  const ask = asking(server);
  const validFrom = new Date(Date.now() + 3_600_000).toISOString();
  const key = server.operatorKey;
  await ask(key, 'PUT', '/admin/v1/prices/gpt-5-mini', { price, validFrom });
  const { items } = (await ask(key, 'GET', '/admin/v1/prices')).json();
  const found = items.find(({ id }: { id: string }) => id === 'gpt-5-mini');
  assert.equal(found.prices.length, 2);
  assert.equal(found.inForce, 1);
  assert.equal(found.prices[1].validFrom, validFrom);
});

const KEY = 'sk-proj-very-secret-0123456789-wxyz';

test('a tenant sets, replaces and revokes its own key, of which nobody sees more than the end', async (t) => {
  const server = await realServer(t);
  const ask = asking(server);
  const { key } = await server.tenant('ours', 'Ours');
  const url = '/v1/provider-keys';
  const seen: string[] = [];
  const tell = async (...asked: Parameters<typeof ask>) => {
    const answer = await ask(...asked);
    seen.push(answer.body + JSON.stringify(answer.headers));
    return answer;
  };
  const body = { provider: 'openai', key: KEY };
  const again = { 'idempotency-key': 'the-same' };
  const set = await tell(key, 'POST', url, body, again);
  assert.equal(set.statusCode, 201);
  const { id } = set.json();
  assert.equal(set.headers['location'], `${url}/${id}`);
  assert.equal((await tell(key, 'POST', url, body, again)).json().revision, set.json().revision);

  const [only] = (await tell(key, 'GET', url)).json().items;
  assert.deepEqual([only.id, only.provider, only.ending], [id, 'openai', 'wxyz']);
  await tell(key, 'POST', url, { provider: 'openai', key: 'sk-the-next-one-abcd' });
  assert.equal((await tell(key, 'GET', `${url}/${id}`)).json().ending, 'abcd');
  assert.equal((await tell(key, 'DELETE', `${url}/${id}`)).statusCode, 200);
  assert.ok((await tell(key, 'GET', `${url}/${id}`)).json().revokedAt);

  const audit = await tell(key, 'GET', '/v1/audit/events?types=ProviderKeySet');
  assert.match(audit.body, /ProviderKeySet/);
  const answers = (await server.database.pool.query(`
    begin; set local role palimpsest_projector;
    select body from events; commit`)) as unknown as readonly QueryResult<{ body: Buffer }>[];
  const bodies = (answers[2]?.rows ?? []).map(({ body }) => body.toString('latin1'));
  assert.ok(bodies.length > 20);
  seen.push(...bodies);
  for (const text of seen) {
    assert.ok(!text.includes(KEY) && !text.includes('very-secret'), text.slice(0, 400));
  }
});

test('the worker destroys what sealed a key that was replaced or revoked', async (t) => {
  const server = await realServer(t, {}, ['data', 'control', 'projector', 'worker']);
  const ask = asking(server);
  const { key } = await server.tenant('ours', 'Ours');
  const url = '/v1/provider-keys';
  const destroyed = async () => {
    const answers = (await server.database.pool.query(`
      begin; set local role palimpsest_projector;
      select wrapped is null as gone from subject_keys where subject like 'provider-key:%'
      order by destroyed_at; commit`)) as unknown as readonly QueryResult<{ gone: boolean }>[];
    return (answers[2]?.rows ?? []).map(({ gone }) => gone);
  };
  const until = async (wanted: readonly boolean[]) => {
    while (JSON.stringify(await destroyed()) !== JSON.stringify(wanted)) await sleep(20);
  };
  const { id } = (await ask(key, 'POST', url, { provider: 'openai', key: KEY })).json();
  await until([false]);
  await ask(key, 'POST', url, { provider: 'openai', key: 'sk-the-next-one-abcd' });
  await until([true, false]);
  await ask(key, 'DELETE', `${url}/${id}`);
  await until([true, true]);
});

test('a key that cannot be one is refused without being repeated', async (t) => {
  const server = await realServer(t);
  const ask = asking(server);
  const { key } = await server.tenant('ours', 'Ours');
  const post = async (body: object) => await ask(key, 'POST', '/v1/provider-keys', body);
  for (const wrong of ['hunter2', 'hunter2 hunter2 hunter2', `hunter2${'x'.repeat(500)}`]) {
    const refused = await post({ provider: 'openai', key: wrong });
    assert.equal(refused.statusCode, 400, refused.body);
    assert.ok(!refused.body.includes('hunter2'));
  }
  assert.equal((await post({ provider: 'nobody', key: KEY })).json().code, 'provider/not-found');
  const ofOurs = await post({ provider: 'offline', key: KEY });
  assert.deepEqual([ofOurs.statusCode, ofOurs.json().code], [403, 'provider-key/not-taken']);
});

test('the platform’s key is set and revoked by the operator, and shows its end', async (t) => {
  const server = await realServer(t);
  const ask = asking(server);
  const key = server.operatorKey;
  const ending = async () =>
    (await ask(key, 'GET', '/admin/v1/providers/anthropic')).json().key?.ending ?? null;
  const url = '/admin/v1/providers/anthropic/key';
  assert.equal((await ask(key, 'DELETE', url)).json().code, 'provider-key/not-found');
  assert.equal((await ask(key, 'PUT', url, { key: KEY })).statusCode, 200);
  assert.equal(await ending(), 'wxyz');
  assert.equal((await ask(key, 'DELETE', url)).statusCode, 200);
  assert.equal(await ending(), null);
});

test('members who manage no keys neither set nor see them', async (t) => {
  const server = await realServer(t);
  const ask = asking(server);
  const { key } = await server.tenant('ours', 'Ours');
  const bob = await server.make(key, 'POST', '/v1/members', { name: 'Bob', roles: ['editor'] });
  const asBob = { memberId: bob['id'], roles: ['editor'] };
  const bobs = (await server.make(key, 'POST', '/v1/api-keys', asBob))['key'] ?? '';
  const refused = await ask(bobs, 'POST', '/v1/provider-keys', { provider: 'openai', key: KEY });
  assert.deepEqual([refused.statusCode, refused.json().code], [403, 'right/missing']);
  assert.equal((await ask(bobs, 'GET', '/v1/provider-keys')).statusCode, 403);
});
