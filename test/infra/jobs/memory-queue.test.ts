import { memoryQueue } from '#infra/jobs/memory-queue.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { jobQueueContract } from '#test/contracts/job-queue.contract.ts';

jobQueueContract('queue in process', async (t, retries) => {
  const ports = { clock: systemClock, ids: systemIds, retries, onError: () => undefined };
  const queue = memoryQueue(ports);
  t.after(() => queue.stop());
  return queue;
});
