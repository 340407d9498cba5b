import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { DeliveryJob, JobQueue, Retries } from '#commands/webhooks/job-queue.ts';

const NAME = 'palimpsest-deliveries';
const AT_ONCE = 20;

/** Jobs of all processes, in Redis. A job whose process died is taken up by another. */
export function bullmqQueue(ports: {
  readonly redisUrl: string;
  readonly retries: Retries;
  readonly report: (message: string) => void;
  readonly name?: string;
}): JobQueue {
  const { redisUrl, retries, report, name = NAME } = ports;
  // BullMQ waits for as long as it takes; its workers block on the connection.
  const connect = () => new Redis(redisUrl, { maxRetriesPerRequest: null, protocol: 2 });
  const told = (error: Error & { readonly code?: string }) =>
    report(`Redis: ${error.code ?? error.name}`);
  const connection = connect().on('error', told);
  // A hash tag keeps all keys of the queue in one slot of a cluster.
  const queue = new Queue<DeliveryJob>(name, { connection, prefix: '{palimpsest}' });
  queue.on('error', told);
  let worker: Worker<DeliveryJob> | undefined;
  let blocking: Redis | undefined;

  return {
    add: async (job) => {
      await queue.add(name, job, {
        jobId: job.delivery,
        attempts: retries.most,
        backoff: { type: 'exponential', delay: retries.firstPauseMs, jitter: 0.5 },
        removeOnComplete: true,
        removeOnFail: true,
      });
    },
    start: (work) => {
      blocking = connect().on('error', told);
      worker = new Worker<DeliveryJob>(
        name,
        async ({ data, attemptsMade }) => {
          const number = attemptsMade + 1;
          await work(data, { number, isLast: number >= retries.most });
        },
        { connection: blocking, prefix: '{palimpsest}', concurrency: AT_ONCE },
      );
      worker.on('error', told);
    },
    stop: async () => {
      await worker?.close();
      await queue.close();
      blocking?.disconnect();
      connection.disconnect();
    },
  };
}
