import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelTenant } from '#test/support/model-tenant.ts';
import { until } from '#test/support/process.ts';
import { redisServer, whereRedisIs } from '#test/support/redis.ts';

const question = { role: 'user', content: 'Summarise: The heron fishes at dawn.' };
const asked = { model: 'gpt-5-mini', messages: [question], maxTokens: 100 };

if (whereRedisIs('own')) {
  test('while Redis is away a server is ready, says what it cannot do, and takes edits of documents', async (t) => {
    const redis = await redisServer(t);
    const ours = await modelTenant(t, { env: { REDIS_URL: redis.url } });
    const readiness = async () => {
      const answer = await ours.send('/readyz');
      return [answer.status, JSON.parse(await answer.text()).degraded.join()].join(' ');
    };
    const says = (what: string) => until(async () => (await readiness()) === what);
    await says('200 ');
    await redis.stop();
    await says('200 redis');
    assert.equal((await ours.send('/v1/generations', asked)).status, 503);
    assert.equal((await ours.send('/v1/documents', { title: 'Herons' })).status, 201);
    await redis.start();
    await says('200 ');
    assert.equal((await ours.send('/v1/generations', asked)).status, 201);
  });
}
