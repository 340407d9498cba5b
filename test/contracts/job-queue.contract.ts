import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeliveryJob, JobQueue, Retries } from '#commands/webhooks/job-queue.ts';
import type { DeliveryId } from '#domain/delivery/ids.ts';
import { until } from '#test/support/process.ts';
import { acme } from '#test/support/sealing.ts';

/** A process of a queue; several that are opened with one name share their jobs, where they can. */
export type OpenQueue = (t: TestContext, retries: Retries, name: string) => Promise<JobQueue>;

const job = (): DeliveryJob => ({ tenant: acme, delivery: randomUUID() as DeliveryId });

export function jobQueueContract(name: string, open: OpenQueue) {
  test(`${name}: a job is tried until it is done, and told which time is the last`, async (t) => {
    const queue = await open(t, { most: 4, firstPauseMs: 5 }, randomUUID());
    const attempts: boolean[] = [];
    await queue.add(job());
    queue.start(async (_, { isLast }) => {
      attempts.push(isLast);
      if (!isLast) throw new Error('not yet');
    });
    await until(async () => attempts.length === 4);
    await sleep(100);
    assert.deepEqual(attempts, [false, false, false, true]);
  });

  test(`${name}: a job that is added again while it waits or runs is one, and after it is another`, async (t) => {
    const queue = await open(t, { most: 2, firstPauseMs: 5 }, randomUUID());
    const [one, other] = [job(), job()];
    for (const added of [one, one, other]) await queue.add(added);
    const done: string[] = [];
    queue.start(async ({ delivery }) => {
      await queue.add(one);
      await sleep(20);
      done.push(delivery);
    });
    await until(async () => done.length >= 2);
    await sleep(100);
    assert.deepEqual(done.toSorted(), [one.delivery, other.delivery].toSorted());
    await queue.add(one);
    await until(async () => done.length === 3);
  });

  test(`${name}: a job that always fails ends, and holds no other up`, async (t) => {
    const queue = await open(t, { most: 3, firstPauseMs: 5 }, randomUUID());
    const [bad, good] = [job(), job()];
    let [failed, done] = [0, 0];
    queue.start(async ({ delivery }) => {
      if (delivery === good.delivery) done += 1;
      else {
        failed += 1;
        throw new Error('never');
      }
    });
    await queue.add(bad);
    await queue.add(good);
    await until(async () => done === 1 && failed === 3);
    await sleep(100);
    assert.equal(failed, 3);
    // A process that finds it due in the log adds it once more.
    await queue.add(bad);
    await until(async () => failed === 6);
  });
}
