import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import { modelTenant, onPlan } from '#test/support/model-tenant.ts';
import { until } from '#test/support/process.ts';
import { redisServer, whereRedisIs } from '#test/support/redis.ts';
import { webhookReceiver } from '#test/support/webhook-receiver.ts';

const question = { role: 'user', content: 'Summarise: The heron of Zanzibar fishes at dawn.' };
const asked = { model: 'gpt-5-mini', messages: [question], maxTokens: 100 };
const largest = shippedPlans.find(({ planId }) => planId === 'enterprise')!.figures;
const roles = ['data', 'control', 'projector', 'worker'] as const;

/** A tenant with a webhook there, whose only member has used 60 of 100 tokens. */
async function alerted(
  t: TestContext,
  hook: { readonly origin: string },
  env: Readonly<Record<string, string>> = {},
) {
  const ours = await modelTenant(t, {
    env: { PALIMPSEST_PRIVATE_WEBHOOKS: hook.origin, ...env },
    roles: [...roles],
  });
  const { id = '', secret = '' } = await ours.make(ours.key, 'POST', '/v1/webhooks', {
    url: `${hook.origin}/in?of=ours`,
  });
  await until(async () => (await jsonIn(await ours.send('/v1/webhooks'))).items.length === 1);
  await ours.make(ours.key, 'PUT', '/v1/budgets/tenant', { tokensPerDay: 250 });
  ours.models.next({ text: ['Fish.'], usage: { input: 30, output: 100 } });
  assert.equal((await ours.send('/v1/generations', asked)).status, 201);
  const deliveries = async () =>
    (await jsonIn(await ours.send(`/v1/webhooks/${id}/deliveries`))).items;
  return { ...ours, id, secret, deliveries };
}

const jsonIn = async (answer: Response) => JSON.parse(await answer.text());

/** From a generation to a receiver that checks what it is sent. */
async function mustBePosted(t: TestContext, env: Readonly<Record<string, string>>) {
  const hook = await webhookReceiver(t);
  const ours = await alerted(t, hook, env);
  await until(async () => (await ours.deliveries())[0]?.status === 'made');
  assert.equal(hook.received.length, 1);
  const { headers, body } = hook.received[0]!;

  // By the specification, without the library that signed it.
  const [id, timestamp] = [headers['webhook-id'], headers['webhook-timestamp']];
  const key = Buffer.from(ours.secret.replace('whsec_', ''), 'base64');
  assert.equal(key.length, 32);
  const signature = createHmac('sha256', key)
    .update(`${String(id)}.${String(timestamp)}.${body}`)
    .digest('base64');
  assert.equal(headers['webhook-signature'], `v1,${signature}`);
  assert.ok(Math.abs(Number(timestamp) - Date.now() / 1_000) < 60);
  const named = headers as Record<string, string>;
  const { type, data } = new Webhook(ours.secret).verify(body, named) as {
    type: string;
    data: Record<string, unknown>;
  };
  assert.throws(() => new Webhook(ours.secret).verify(body.replace('50', '51'), named));
  const { tenant, scope, limit, threshold, allowed, used } = data;
  assert.deepEqual(
    { type, tenant, scope, limit, threshold, allowed, used },
    {
      type: 'budget.threshold_reached',
      tenant: 'ours',
      scope: 'tenant',
      limit: 'tokensPerDay',
      threshold: 50,
      allowed: 250,
      used: 130,
    },
  );
  assert.doesNotMatch(body, /heron|Fish|Zanzibar/);

  const shown = await (await ours.send('/v1/webhooks')).text();
  assert.ok(!shown.includes(ours.secret) && !shown.includes('secret'));
  return ours;
}

test('an alert is posted once, signed so that others can verify it, and without anybody’s words', async (t) => {
  await mustBePosted(t, {});
});

if (whereRedisIs('own')) {
  test('an alert that a generation raises goes through the queue in Redis to a receiver that can verify it', async (t) => {
    const redis = await redisServer(t);
    const { deliveries } = await mustBePosted(t, { REDIS_URL: redis.url });
    const [{ id }] = await deliveries();
    const told = await redis.shell.xrange('{palimpsest}:palimpsest-deliveries:events', '-', '+');
    const completed = told.filter(([, fields]) => fields.includes('completed'));
    assert.ok(
      completed.some(([, fields]) => fields.includes(id)),
      JSON.stringify(told),
    );
  });
}

test('a receiver that fails or redirects is asked again with the same id, and never followed elsewhere', async (t) => {
  const elsewhere = await webhookReceiver(t);
  const hook = await webhookReceiver(t, [
    (response) => response.writeHead(500).end('x'.repeat(100_000)),
    (response) => response.writeHead(307, { location: `${elsewhere.origin}/` }).end(),
    (response) => response.destroy(),
  ]);
  const ours = await alerted(t, hook);
  const told = async () => {
    const [one] = await ours.deliveries();
    return [one?.status, one?.attempts, one?.reason].join(' ');
  };
  for (const now of ['due 1 status 500', 'due 2 status 307', 'due 3 ECONNRESET', 'made 4 ']) {
    await until(async () => (await told()) === now);
  }
  const ids = new Set(hook.received.map(({ headers }) => headers['webhook-id']));
  assert.deepEqual([hook.received.length, ids.size, elsewhere.received.length], [4, 1, 0]);
});

test('a receiver that says it is gone is left alone, and so is one that was removed, whose deliveries its own tenant can still read', async (t) => {
  const hook = await webhookReceiver(t, [(response) => response.writeHead(410).end()]);
  const ours = await alerted(t, hook);
  await until(async () => (await ours.deliveries())[0]?.status === 'given-up');
  const [delivery] = await ours.deliveries();
  assert.deepEqual([delivery.attempts, delivery.reason], [1, 'status 410']);

  const removed = await ours.app.inject({
    method: 'DELETE',
    url: `/v1/webhooks/${ours.id}`,
    headers: { authorization: `Bearer ${ours.key}` },
  });
  assert.equal(removed.statusCode, 200);
  await until(async () => (await jsonIn(await ours.send('/v1/webhooks'))).items.length === 0);
  assert.deepEqual(await ours.deliveries(), [delivery]);
  const theirs = await onPlan(ours, 'theirs', {});
  const other = await theirs.send(`/v1/webhooks/${ours.id}/deliveries`);
  assert.deepEqual([other.status, (await jsonIn(other)).code], [404, 'webhook/not-found']);
});

test('nothing is sent once the plan has no webhooks any more, and the delivery says so', async (t) => {
  const hook = await webhookReceiver(t);
  const env = { PALIMPSEST_PRIVATE_WEBHOOKS: hook.origin };
  const ours = await onPlan(await modelTenant(t, { env, roles: [...roles] }), 'theirs', {});
  const { id = '' } = await ours.make(ours.key, 'POST', '/v1/webhooks', { url: hook.origin });
  await until(async () => (await jsonIn(await ours.send('/v1/webhooks'))).items.length === 1);
  ours.models.next({ text: ['Fish.'], usage: { input: 30, output: 100 } });
  assert.equal((await ours.send('/v1/generations', asked)).status, 201);
  const figures = { ...largest, features: ['documents', 'generation'], tokensPerDay: 250 };
  const plan = { name: 'Smaller', figures };
  await ours.make(ours.operatorKey, 'PUT', '/admin/v1/plans/theirs', plan);
  const deliveries = async () =>
    (await jsonIn(await ours.send(`/v1/webhooks/${id}/deliveries`))).items;
  await until(async () => (await deliveries())[0]?.status === 'given-up');
  const [delivery] = await deliveries();
  assert.deepEqual([delivery.attempts, delivery.reason], [0, 'not-in-plan']);
  assert.deepEqual(hook.received, []);
});

test('a tenant has so many webhooks and no more, and room again for one that it removed', async (t) => {
  const ours = await modelTenant(t);
  const create = async () =>
    await jsonIn(await ours.send('/v1/webhooks', { url: 'https://hooks.example.com/in' }));
  const listed = async () => (await jsonIn(await ours.send('/v1/webhooks'))).items.length;
  const first = await create();
  for (let made = 1; made < 20; made += 1) await create();
  await until(async () => (await listed()) === 20);
  assert.equal((await create()).code, 'webhook/too-many');

  const removed = await ours.app.inject({
    method: 'DELETE',
    url: `/v1/webhooks/${first.id}`,
    headers: { authorization: `Bearer ${ours.key}` },
  });
  assert.equal(removed.statusCode, 200);
  await until(async () => (await listed()) === 19);
  assert.ok((await create()).secret);
});

test('addresses inside our own network are refused, and tenants whose plan has no webhooks', async (t) => {
  const ours = await modelTenant(t);
  const create = async (send: typeof ours.send, url: string) =>
    (await jsonIn(await send('/v1/webhooks', { url }))).code;
  for (const url of [
    'http://hooks.example.com/in',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://10.0.0.7/',
    'https://169.254.169.254/latest/meta-data',
    'https://[fd00::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://user:word@hooks.example.com/',
    'ftp://hooks.example.com/',
  ]) {
    assert.equal(await create(ours.send, url), 'webhook/address-not-allowed', url);
  }
  const poor = await onPlan(ours, 'poor', { features: ['documents', 'generation'] });
  assert.equal(await create(poor.send, 'https://hooks.example.com/in'), 'webhook/not-in-plan');
});
