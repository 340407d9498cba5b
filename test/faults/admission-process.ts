// One of several processes that generate within one budget. What it does is said by its arguments:
// how often, what it costs, what the budget is, and before which step it sends itself a signal.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { TenantId } from '#domain/ids.ts';
import { redisAdmission } from '#infra/redis/admission.ts';
import { redisConnection } from '#infra/redis/connection.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { fileBudgetLog } from '#test/support/budget-log.ts';
import { amountOf, reservation } from '#test/support/budget.ts';
import { generate, type steps } from '#test/support/generating.ts';

export type Task = {
  readonly url: string;
  readonly log: string;
  readonly tenant: TenantId;
  readonly name: string;
  readonly count: number;
  readonly atOnce: number;
  readonly cost: number;
  readonly cap: number;
  readonly leaseMs: number;
  /** Every step takes up to so long, so that there is something to be killed in. */
  readonly stepMs: number;
  /** Sent to itself before this step of its n-th generation. */
  readonly signal?: {
    readonly name: 'SIGKILL' | 'SIGSTOP';
    readonly step: (typeof steps)[number];
    readonly at: number;
  };
};

const task = JSON.parse(process.argv[2] ?? '{}') as Task;
const log = fileBudgetLog(task.log);
const redis = redisConnection({
  url: task.url,
  clock: systemClock,
  answerWithinMs: 10_000,
  patienceMs: 20_000,
});
const admission = redisAdmission({
  redis,
  clock: systemClock,
  ids: systemIds,
  books: log.books,
  lockMs: 1_000,
  patienceMs: 20_000,
});

const limits = { costPerDayNanoUsd: task.cap };
let next = 0;
let called = 0;

async function work(): Promise<void> {
  for (let number = next++; number < task.count; number = next++) {
    const amount = amountOf(1, task.cost);
    const request = reservation(task.tenant, `${task.name} ${number}`, amount, limits, {
      leaseMs: task.leaseMs,
      holder: task.name,
    });
    const outcome = await generate(admission, log, request, {
      before: async (step) => {
        const { signal, stepMs } = task;
        if (stepMs > 0) await sleep(systemIds.random() * stepMs);
        if (signal?.step !== step || signal.at !== number) return;
        // Told to whoever waits for it; nothing of this process runs until it is woken.
        process.stdout.write(`${signal.name} before ${step}\n`);
        await sleep(20);
        process.kill(process.pid, signal.name);
        await sleep(1);
      },
      call: ({ id }) => log.called(id),
    });
    if (outcome === 'called') called += 1;
  }
}

const starter = new Redis(task.url);
process.stdout.write('ready\n');
while ((await starter.get('start')) === null) await sleep(5);
starter.disconnect();
await Promise.all(Array.from({ length: task.atOnce }, work));
await redis.close();
process.stdout.write(`called ${called}\n`);
