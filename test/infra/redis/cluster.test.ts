import { setTimeout as sleep } from 'node:timers/promises';
import { admissionContract } from '#test/contracts/admission.contract.ts';
import { admissionAt, forget } from '#test/support/redis-admission.ts';
import { redisCluster, whereRedisIs } from '#test/support/redis.ts';

const cluster = redisCluster();

if (whereRedisIs('own')) {
  admissionContract('redis cluster admission', async (t, books, tenant) => {
    const url = await cluster();
    return {
      admission: admissionAt(t, url, books),
      lose: async () => await forget(url, tenant),
      pass: async (ms) => await sleep(ms),
    };
  });
}
