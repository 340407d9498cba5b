import { bullmqQueue } from '#infra/jobs/bullmq-queue.ts';
import { jobQueueContract } from '#test/contracts/job-queue.contract.ts';
import { sharedRedis, whereRedisIs } from '#test/support/redis.ts';

const contract = (url: () => Promise<string>) =>
  jobQueueContract('queue in Redis', async (t, retries, name) => {
    const report = (message: string) => t.diagnostic(message);
    const queue = bullmqQueue({ redisUrl: await url(), retries, report, name });
    t.after(() => queue.stop());
    return queue;
  });

if (whereRedisIs('any')) contract(sharedRedis());
