import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Breakers } from '#commands/generation/breaker-port.ts';
import type { ModelId, ProviderId } from '#domain/ids.ts';
import { redisBreakers } from '#infra/redis/breakers.ts';
import { redisConnection } from '#infra/redis/connection.ts';
import { systemClock } from '#infra/system/clock.ts';
import { breakersContract, testSettings } from '#test/contracts/breakers.contract.ts';
import { redisCluster, sharedRedis, whereRedisIs } from '#test/support/redis.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { lastFirst } from '#test/support/process.ts';

const contract = (name: string, server: () => Promise<string>) =>
  breakersContract(name, async (t, changed) => {
    const url = await server();
    const redis = redisConnection({ url, clock: systemClock, answerWithinMs: 5_000 });
    lastFirst(t, async () => await redis.close());
    return {
      breakers: redisBreakers({
        redis,
        clock: systemClock,
        changed,
        settings: testSettings,
      }),
      pass: async (ms) => await sleep(ms + 20),
    };
  });

if (whereRedisIs('any')) contract('redis breakers', sharedRedis());
if (whereRedisIs('own')) contract('redis cluster breakers', redisCluster());

test('where Redis is away everybody may call', async (t) => {
  const away = { url: 'redis://127.0.0.1:1', clock: systemClock, patienceMs: 0 };
  const redis = redisConnection(away);
  t.after(async () => await redis.close());
  const breakers = redisBreakers({ redis, clock: systemClock });
  const at = { provider: 'openai' as ProviderId, model: 'gpt' as ModelId };
  assert.deepEqual(await breakers.standing(at), { status: 'closed', waitMs: 0 });
  const permit = (await breakers.acquire(at)) ?? assert.fail('nobody may call');
  assert.equal(await breakers.record(at, permit, 'failed'), 'closed');
});

if (whereRedisIs('any')) {
  const server = sharedRedis();
  test('a model that may be called is not asked about again for a moment, and one that was refused is', async (t) => {
    const clock = manualClock();
    const redis = redisConnection({ url: await server(), clock: systemClock });
    lastFirst(t, async () => await redis.close());
    let asked = 0;
    const run: typeof redis.run = async (...step) => {
      asked += 1;
      return await redis.run(...step);
    };
    const [breakers, others] = [{ run }, redis].map((through) =>
      redisBreakers({ redis: through, clock, settings: testSettings }),
    ) as [Breakers, Breakers];
    const at = { provider: 'openai' as ProviderId, model: `fresh-${process.pid}` as ModelId };
    await breakers.standing(at);
    await clock.advance(99);
    await breakers.standing(at);
    assert.equal(asked, 1);
    for (let call = 0; call < testSettings.minCalls; call += 1) {
      await others.record(at, (await others.acquire(at))!, 'failed');
    }
    assert.equal((await breakers.standing(at)).status, 'closed');
    assert.equal(await breakers.acquire(at), undefined);
    assert.equal((await breakers.standing(at)).status, 'open');
  });
}
