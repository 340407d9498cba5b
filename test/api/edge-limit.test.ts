import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { addressCounts } from '#api/edge/address-counts.ts';
import { systemClock } from '#infra/system/clock.ts';
import { OPERATOR_KEY, serverWith } from '#test/support/http.ts';
import { until } from '#test/support/process.ts';
import { realServer } from '#test/support/real-server.ts';
import { redisServer, whereRedisIs } from '#test/support/redis.ts';

const OPEN_PER_MINUTE = 3_000;
const FAILURES_PER_MINUTE = 120;

/** How many are left to this address, as the answer says. */
async function leftTo(app: FastifyInstance, remoteAddress: string, headers = {}): Promise<number> {
  const answer = await app.inject({ url: '/healthz', remoteAddress, headers });
  return Number(/^"open";r=(\d+);t=\d+$/.exec(String(answer.headers['ratelimit']))?.[1]);
}

async function usedUp(app: FastifyInstance, remoteAddress = '127.0.0.1'): Promise<void> {
  while ((await leftTo(app, remoteAddress)) > 0);
}

test('whoever asks without a key too often is told when to come back, and others are not', async (t) => {
  const { app } = await serverWith(t, []);
  await usedUp(app, '192.0.2.1');
  for (const url of ['/healthz', '/nothing-here']) {
    const refused = await app.inject({ url, remoteAddress: '192.0.2.1' });
    const { code } = refused.json();
    assert.deepEqual([refused.statusCode, code], [429, 'edge/too-many-requests']);
    assert.match(String(refused.headers['retry-after']), /^\d+$/);
    assert.match(String(refused.headers['ratelimit']), /^"open";r=0;t=\d+$/);
    assert.equal(refused.headers['ratelimit-policy'], `"open";q=${OPEN_PER_MINUTE};w=60`);
  }
  assert.equal(await leftTo(app, '192.0.2.2'), OPEN_PER_MINUTE - 1);
});

test('a /64 of IPv6 is one address, and an IPv4 address is the same one written as IPv6', async (t) => {
  const { app } = await serverWith(t, []);
  const left = [];
  for (const address of ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2', '2001:db8:0:2::1']) {
    left.push(OPEN_PER_MINUTE - (await leftTo(app, address)));
  }
  assert.deepEqual(left, [1, 2, 1]);
  await leftTo(app, '192.0.2.1');
  assert.equal(OPEN_PER_MINUTE - (await leftTo(app, '::ffff:192.0.2.1')), 2);
});

test('who asks is said by our own proxies, and by nobody else', async (t) => {
  const { app } = await serverWith(t, [], { trustedProxies: ['10.0.0.0/8'] });
  const as = async (proxy: string, forwarded: string) =>
    OPEN_PER_MINUTE - (await leftTo(app, proxy, { 'x-forwarded-for': forwarded }));
  assert.equal(await as('10.0.0.1', '192.0.2.1'), 1);
  assert.equal(await as('10.0.0.2', '192.0.2.1'), 2);
  // What the client itself wrote before the proxy's word is not believed.
  assert.equal(await as('10.0.0.1', '198.51.100.7, 192.0.2.1'), 3);
  assert.equal(await as('203.0.113.9', '192.0.2.1'), 1);
  assert.equal(await as('203.0.113.9', '192.0.2.2'), 2);
});

test('an address is the same with a port behind it, and what is none is the proxy’s own', async (t) => {
  const { app } = await serverWith(t, [], { trustedProxies: ['10.0.0.0/8'] });
  const as = async (forwarded: string) =>
    OPEN_PER_MINUTE - (await leftTo(app, '10.0.0.1', { 'x-forwarded-for': forwarded }));
  for (const forwarded of ['192.0.2.1:40001', '192.0.2.1:40002', '192.0.2.1']) await as(forwarded);
  assert.equal(await as('192.0.2.1'), 4);
  await as('[2001:db8::1]:443');
  assert.equal(await as('2001:db8::1'), 2);
  await as('unknown');
  assert.equal(await as('_hidden'), 2);
});

test('wrong keys are counted, and a right one from the same address is let in all the same', async (t) => {
  const { app } = await serverWith(t, [
    async (routes) => {
      routes.get('/admin/v1/something', { config: { audience: 'operator' } }, async () => 'here');
    },
  ]);
  const ask = async (key: string) =>
    await app.inject({ url: '/admin/v1/something', headers: { authorization: `Bearer ${key}` } });
  const first = await ask('wrong');
  assert.equal(first.statusCode, 401);
  assert.match(String(first.headers['ratelimit']), /^"failures";r=119;t=\d+$/);
  for (let at = 1; at < FAILURES_PER_MINUTE; at += 1) await ask('wrong');
  assert.equal((await ask('wrong')).statusCode, 429);
  assert.equal((await ask(OPERATOR_KEY)).statusCode, 200);
});

/** The status of the answer to an upgrade; 101 where it was made. */
const upgraded = async (url: string): Promise<number | undefined> =>
  await new Promise((resolve, reject) => {
    const asked = httpRequest(`${url}/v1/documents/${crypto.randomUUID()}/live`, {
      headers: {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    });
    asked.on('error', reject);
    asked.on('response', ({ statusCode }) => {
      resolve(statusCode);
      asked.destroy();
    });
    asked.on('upgrade', ({ statusCode }, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
    asked.end();
  });

test('upgrades to WebSocket are requests like others', async (t) => {
  const { app } = await realServer(t);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  assert.equal(await upgraded(url), 101);
  await usedUp(app);
  assert.equal(await upgraded(url), 429);
});

if (whereRedisIs('own')) {
  test('processes with one Redis count together, and each for itself while it is away', async (t) => {
    const redis = await redisServer(t);
    const apps: FastifyInstance[] = [];
    for (let one = 0; one < 2; one += 1) {
      const warn = () => undefined;
      const addresses = addressCounts({ redisUrl: redis.url, clock: systemClock, warn });
      apps.push((await serverWith(t, [], { addresses })).app);
    }
    const [one, other] = apps as [FastifyInstance, FastifyInstance];
    const used = async (app: FastifyInstance) => OPEN_PER_MINUTE - (await leftTo(app, '192.0.2.1'));
    // Until both connections stand each counts for itself.
    await until(async () => (await used(one)) + 1 === (await used(other)));
    const before = await used(one);
    assert.equal(await used(other), before + 1);
    await redis.stop();
    assert.ok((await used(one)) <= before);
    const here = await used(one);
    assert.equal(await used(one), here + 1);
  });
}
