import { setTimeout as sleep } from 'node:timers/promises';
import { redisConnection } from '#infra/redis/connection.ts';
import { redisPartStore } from '#infra/redis/part-store.ts';
import { systemClock } from '#infra/system/clock.ts';
import { partStoreContract } from '#test/contracts/part-store.contract.ts';
import { lastFirst } from '#test/support/process.ts';
import { redisCluster, sharedRedis, whereRedisIs } from '#test/support/redis.ts';

const contract = (name: string, server: () => Promise<string>) =>
  partStoreContract(name, async (t) => {
    const url = await server();
    const redis = redisConnection({ url, clock: systemClock, answerWithinMs: 5_000 });
    lastFirst(t, async () => await redis.close());
    return { store: redisPartStore({ redis }), pass: async (ms) => await sleep(ms) };
  });

if (whereRedisIs('any')) contract('redis parts', sharedRedis());
if (whereRedisIs('own')) contract('redis cluster parts', redisCluster());
