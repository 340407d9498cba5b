import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelId, ProviderId } from '#domain/ids.ts';
import { redisBreakers } from '#infra/redis/breakers.ts';
import { redisConnection } from '#infra/redis/connection.ts';
import { systemClock } from '#infra/system/clock.ts';
import { breakersContract, testSettings } from '#test/contracts/breakers.contract.ts';
import { redisCluster, sharedRedis, whereRedisIs } from '#test/support/redis.ts';
import { lastFirst } from '#test/support/process.ts';

const contract = (name: string, server: () => Promise<string>) =>
  breakersContract(name, async (t, changed) => {
    const url = await server();
    const redis = redisConnection({ url, clock: systemClock, answerWithinMs: 5_000 });
    lastFirst(t, async () => await redis.close());
    return {
      breakers: redisBreakers({ redis, changed, settings: testSettings }),
      pass: async (ms) => await sleep(ms + 20),
    };
  });

if (whereRedisIs('any')) contract('redis breakers', sharedRedis());
if (whereRedisIs('own')) contract('redis cluster breakers', redisCluster());

test('where Redis is away everybody may call', async (t) => {
  const away = { url: 'redis://127.0.0.1:1', clock: systemClock, patienceMs: 0 };
  const redis = redisConnection(away);
  t.after(async () => await redis.close());
  const breakers = redisBreakers({ redis });
  const at = { provider: 'openai' as ProviderId, model: 'gpt' as ModelId };
  assert.deepEqual(await breakers.standing(at), { status: 'closed', waitMs: 0 });
  const permit = (await breakers.acquire(at)) ?? assert.fail('nobody may call');
  assert.equal(await breakers.record(at, permit, 'failed'), 'closed');
});
