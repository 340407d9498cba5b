import type { DeliveryJob, JobQueue, Retries, Work } from '#commands/webhooks/job-queue.ts';
import type { Clock, Ids } from '#commands/ports.ts';

/** Jobs of the one process of an embedded server. They are gone when it ends, and added anew. */
export function memoryQueue(ports: {
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'random'>;
  readonly retries: Retries;
  readonly onError: (error: unknown) => void;
}): JobQueue {
  const { clock, ids, retries, onError } = ports;
  const stop = new AbortController();
  const running = new Map<string, Promise<void>>();
  let work: Work | undefined;
  const waiting: DeliveryJob[] = [];

  const run = async (job: DeliveryJob, doWork: Work): Promise<void> => {
    for (let number = 1; number <= retries.most && !stop.signal.aborted; number += 1) {
      try {
        return await doWork(job, { isLast: number === retries.most });
      } catch (error) {
        onError(error);
      }
      // Between a half and the whole of it, so that receivers are not asked by all at once.
      const pause = retries.firstPauseMs * 2 ** (number - 1) * (0.5 + ids.random() / 2);
      await clock.sleep(pause, stop.signal);
    }
  };

  const begin = (job: DeliveryJob, doWork: Work): void => {
    if (running.has(job.delivery)) return;
    // Noted before it begins: the work itself may add the job again.
    const done = Promise.resolve()
      .then(async () => await run(job, doWork))
      .finally(() => running.delete(job.delivery));
    running.set(job.delivery, done);
  };

  return {
    add: async (job) => {
      if (work === undefined) waiting.push(job);
      else begin(job, work);
    },
    start: (doWork) => {
      work = doWork;
      for (const job of waiting.splice(0)) begin(job, doWork);
    },
    stop: async () => {
      stop.abort();
      await Promise.all(running.values());
    },
  };
}
