import assert from 'node:assert/strict';
import { redisConnection } from '#infra/redis/connection.ts';
import { redisModelCalls } from '#infra/redis/model-calls.ts';
import { systemClock } from '#infra/system/clock.ts';
import { modelCallsContract } from '#test/contracts/model-calls.contract.ts';
import { lastFirst } from '#test/support/process.ts';
import { redisCluster, sharedRedis, whereRedisIs } from '#test/support/redis.ts';

const contract = (name: string, server: () => Promise<string>) =>
  modelCallsContract(name, async (t, clock) => {
    const url = await server();
    const redis = redisConnection({ url, clock: systemClock, answerWithinMs: 5_000 });
    lastFirst(t, async () => await redis.close());
    return redisModelCalls({ redis, clock, warn: assert.fail });
  });

if (whereRedisIs('any')) contract('redis calls', sharedRedis());
if (whereRedisIs('own')) contract('redis cluster calls', redisCluster());
