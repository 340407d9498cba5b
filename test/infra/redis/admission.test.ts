import { setTimeout as sleep } from 'node:timers/promises';
import { admissionContract } from '#test/contracts/admission.contract.ts';
import { admissionAt, forget } from '#test/support/redis-admission.ts';
import { sharedRedis, whereRedisIs } from '#test/support/redis.ts';

const contract = (name: string, url: () => Promise<string>) =>
  admissionContract(name, async (t, books, tenant) => {
    const at = await url();
    return {
      admission: admissionAt(t, at, books),
      lose: async () => await forget(at, tenant),
      pass: async (ms) => await sleep(ms),
    };
  });

if (whereRedisIs('any')) contract('redis admission', sharedRedis());
