import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { admissionContract } from '#test/contracts/admission.contract.ts';
import { admissionAt, forget } from '#test/support/redis-admission.ts';
import { sharedRedis, whereRedisIs } from '#test/support/redis.ts';

/** A server in cluster mode refuses steps whose keys are of more than one slot. */
const server = sharedRedis(['--cluster-enabled', 'yes']);
let joined: Promise<string> | undefined;

async function cluster(): Promise<string> {
  const url = await server();
  const redis = new Redis(url);
  await redis.cluster('ADDSLOTSRANGE', 0, 16_383);
  while (!(await redis.cluster('INFO')).includes('cluster_state:ok')) await sleep(20);
  redis.disconnect();
  return url;
}

if (whereRedisIs('own')) {
  admissionContract('redis cluster admission', async (t, books, tenant) => {
    const url = await (joined ??= cluster());
    return {
      admission: admissionAt(t, url, books),
      lose: async () => await forget(url, tenant),
      pass: async (ms) => await sleep(ms),
    };
  });
}
