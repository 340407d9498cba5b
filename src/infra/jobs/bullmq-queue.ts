import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Clock } from '#commands/ports.ts';
import type { DeliveryJob, JobQueue, Retries } from '#commands/webhooks/job-queue.ts';
import { withDeadline } from '#commands/with-deadline.ts';

const NAME = 'palimpsest-deliveries';
const AT_ONCE = 20;
/** Renewed at the half of it: a job is another process's when its own has died so long ago. */
const LOCK_MS = 15_000;
/** BullMQ waits for Redis for ever, and whoever adds must be able to stop. */
const ADD_WITHIN_MS = 3_000;

/** Jobs of all processes, in Redis. A job whose process died is taken up by another. */
export function bullmqQueue(ports: {
  readonly redisUrl: string;
  readonly retries: Retries;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly report: (message: string) => void;
  readonly name?: string;
}): JobQueue {
  const { redisUrl, retries, clock, report, name = NAME } = ports;
  // BullMQ waits for as long as it takes; its workers block on the connection.
  const connect = (options: { readonly commandTimeout?: number } = {}) =>
    new Redis(redisUrl, { maxRetriesPerRequest: null, protocol: 2, ...options });
  const told = (error: Error & { readonly code?: string }) =>
    report(`Redis: ${error.code ?? error.name}`);
  const connection = connect({ commandTimeout: ADD_WITHIN_MS }).on('error', told);
  // A hash tag keeps all keys of the queue in one slot of a cluster.
  const queue = new Queue<DeliveryJob>(name, { connection, prefix: '{palimpsest}' });
  queue.on('error', told);
  let worker: Worker<DeliveryJob> | undefined;
  let blocking: Redis | undefined;
  const leave = () => {
    blocking?.disconnect();
    connection.disconnect();
  };

  return {
    add: async (job) => {
      const added = queue.add(name, job, {
        jobId: job.delivery,
        attempts: retries.most,
        backoff: { type: 'exponential', delay: retries.firstPauseMs, jitter: 0.5 },
        removeOnComplete: true,
        removeOnFail: true,
      });
      // It may yet fail when nobody waits for it any more.
      added.catch(() => undefined);
      await withDeadline(clock, ADD_WITHIN_MS, async (late) => {
        await Promise.race([added, unanswered(late)]);
      });
    },
    start: (work) => {
      blocking = connect().on('error', told);
      worker = new Worker<DeliveryJob>(
        name,
        async ({ data, attemptsMade }) => {
          await work(data, { isLast: attemptsMade + 1 >= retries.most });
        },
        {
          connection: blocking,
          prefix: '{palimpsest}',
          concurrency: AT_ONCE,
          lockDuration: LOCK_MS,
          stalledInterval: LOCK_MS,
        },
      );
      worker.on('error', told);
    },
    stop: async () => {
      // BullMQ would wait until Redis is there again to say goodbye to it.
      const isAway = connection.status !== 'ready';
      if (isAway) leave();
      await worker?.close(isAway);
      await queue.close();
      leave();
    },
  };
}

const unanswered = async (late: AbortSignal): Promise<never> =>
  await new Promise((_, reject) => {
    late.addEventListener('abort', () => reject(new Error('Redis does not answer')), {
      once: true,
    });
  });
