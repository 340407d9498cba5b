import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { DeliveryId } from '#domain/delivery/ids.ts';
import { bullmqQueue } from '#infra/jobs/bullmq-queue.ts';
import { systemClock as clock } from '#infra/system/clock.ts';
import { jobQueueContract } from '#test/contracts/job-queue.contract.ts';
import { until } from '#test/support/process.ts';
import { redisServer, sharedRedis, whereRedisIs } from '#test/support/redis.ts';
import { acme } from '#test/support/sealing.ts';

const contract = (url: () => Promise<string>) =>
  jobQueueContract('queue in Redis', async (t, retries, name) => {
    const report = (message: string) => t.diagnostic(message);
    const queue = bullmqQueue({ redisUrl: await url(), retries, clock, report, name });
    t.after(() => queue.stop());
    return queue;
  });

if (whereRedisIs('any')) contract(sharedRedis());

if (whereRedisIs('own')) {
  test('queue in Redis: while Redis is away nothing can be added, and a process can stop', async (t) => {
    const redis = await redisServer(t);
    const retries = { most: 2, firstPauseMs: 5 };
    const queue = bullmqQueue({ redisUrl: redis.url, retries, clock, report: () => undefined });
    const job = () => ({ tenant: acme, delivery: randomUUID() as DeliveryId });
    let done = 0;
    queue.start(async () => void (done += 1));
    await queue.add(job());
    await until(() => done === 1);
    await redis.stop();
    await assert.rejects(queue.add(job()));
    await queue.stop();
  });
}
