import { setTimeout as sleep } from 'node:timers/promises';
import { redisAnswerStore } from '#infra/redis/answer-store.ts';
import { redisConnection } from '#infra/redis/connection.ts';
import { systemClock } from '#infra/system/clock.ts';
import { answerStoreContract } from '#test/contracts/answer-store.contract.ts';
import { lastFirst } from '#test/support/process.ts';
import { redisCluster, sharedRedis, whereRedisIs } from '#test/support/redis.ts';

const contract = (name: string, server: () => Promise<string>) =>
  answerStoreContract(name, async (t) => {
    const url = await server();
    const redis = redisConnection({ url, clock: systemClock, answerWithinMs: 5_000 });
    lastFirst(t, async () => await redis.close());
    return { store: redisAnswerStore({ redis }), pass: async (ms) => await sleep(ms) };
  });

if (whereRedisIs('any')) contract('redis answers', sharedRedis());
if (whereRedisIs('own')) contract('redis cluster answers', redisCluster());
