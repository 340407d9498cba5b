import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TenantId } from '#domain/ids.ts';
import { fileBudgetLog } from '#test/support/budget-log.ts';
import { windowIds } from '#test/support/budget.ts';
import { decideExpired, steps } from '#test/support/generating.ts';
import { emptyHome, startScript, until } from '#test/support/process.ts';
import { admissionAt } from '#test/support/redis-admission.ts';
import { type RedisServer, redisServer, whereRedisIs } from '#test/support/redis.ts';
import type { Task } from './admission-process.ts';

const acme = 'acme' as TenantId;
const COST = 10;

/** A Redis, a log, and processes that share both. */
async function company(t: TestContext, more: Partial<Task> = {}) {
  const server = await redisServer(t);
  const directory = await emptyHome(t, 'palimpsest-budget-');
  const path = join(directory, 'log');
  const log = fileBudgetLog(path);
  const shared = { url: server.url, log: path, tenant: acme, cost: COST };
  const task = { name: 'one', count: 10, atOnce: 5, cap: 100, leaseMs: 60_000, stepMs: 0, ...more };
  const start = (own: Partial<Task>) =>
    startScript(t, 'test/faults/admission-process.ts', [
      JSON.stringify({ ...shared, ...task, ...own } satisfies Task),
    ]);
  const admission = admissionAt(t, server.url, log.books, { lockMs: 1_000 });
  return { server, log, start, admission };
}

const go = async ({ shell }: RedisServer) => void (await shell.set('start', 'now'));

type Company = Awaited<ReturnType<typeof company>>;

/** Nothing is under way and every lease has run out: all of it is decided, and counters equal log. */
async function isExact({ admission, log }: Company, cap: number) {
  await until(async () => {
    await decideExpired(admission, log, acme);
    return (await log.read()).open.length === 0;
  });
  // Holds that the log never heard of are let go as well.
  await until(async () => {
    await decideExpired(admission, log, acme);
    return (await admission.compare(acme, windowIds)).length === 0;
  });
  const { settled } = await log.read();
  const debited = settled.find(({ window }) => window === windowIds[0])?.amount.costNanoUsd ?? 0;
  const calls = log.calls().length;
  assert.ok(calls * COST <= cap, `${calls} calls`);
  assert.ok(debited >= calls * COST && debited <= cap, `${debited} debited for ${calls} calls`);
  await admission.rebuild(acme);
  assert.deepEqual(await admission.compare(acme, windowIds), []);
  return { calls, debited };
}

if (whereRedisIs('own')) {
  test('2,000 at once from four processes on a budget for 100 are exactly 100', async (t) => {
    const all = await company(t, { cap: 100 * COST, count: 500, atOnce: 500 });
    const names = ['one', 'two', 'three', 'four'];
    const processes = names.map((name) => all.start({ name }));
    await until(() => processes.every((one) => one.output().includes('ready')));
    await go(all.server);
    const ends = await Promise.all(processes.map(async ({ finished }) => await finished));
    const called = ends.map(({ output }) => Number(/called (\d+)/.exec(output)?.[1]));
    assert.equal(
      called.reduce((sum, one) => sum + one),
      100,
    );
    assert.deepEqual(await isExact(all, 100 * COST), { calls: 100, debited: 100 * COST });
  });

  for (const [step, others] of [
    ['log', 1],
    ['confirm', 0],
  ] as const) {
    test(`a process that sleeps beyond its lease before '${step}' is told so and calls nobody`, async (t) => {
      const all = await company(t, { count: 1, atOnce: 1, leaseMs: 150, cap: COST });
      await go(all.server);
      const sleeper = all.start({ name: 'sleeper', signal: { name: 'SIGSTOP', step, at: 0 } });
      await until(() => sleeper.output().includes(`SIGSTOP before ${step}`));
      await until(async () => (await decideExpired(all.admission, all.log, acme)) > 0);
      // What the log had heard of is debited, as it might have been spent; else it is free again.
      const other = all.start({ name: 'other', leaseMs: 60_000 });
      assert.match((await other.finished).output, new RegExp(`called ${others}`));
      sleeper.child.kill('SIGCONT');
      assert.match((await sleeper.finished).output, /called 0/);
      assert.deepEqual(await isExact(all, COST), { calls: others, debited: COST });
    });
  }

  for (const step of steps) {
    test(`a process that is killed before it comes to '${step}' leaves no hold and no debt`, async (t) => {
      const all = await company(t, { leaseMs: 300, cap: 10 * COST });
      await go(all.server);
      const killed = all.start({ name: 'killed', signal: { name: 'SIGKILL', step, at: 2 } });
      assert.equal((await killed.finished).code, null);
      assert.equal((await all.start({ name: 'second' }).finished).code, 0);
      const { calls, debited } = await isExact(all, 10 * COST);
      // What was reserved in the log and never called is debited as if it had been: no more than
      // the five that were under way.
      assert.ok(debited - calls * COST <= 5 * COST);
    });
  }

  const KILLS = Number(process.env['ADMISSION_KILLS'] ?? 8);
  // The long form: ADMISSION_KILLS=200 npm test -- test/faults/admission.test.ts
  test(
    'however often processes are killed and Redis is emptied or set back, nobody overspends',
    { timeout: 120_000 + KILLS * 3_000 },
    async (t) => {
      const cap = 150 * COST;
      const all = await company(t, { leaseMs: 400, cap, count: 1_000, atOnce: 3, stepMs: 20 });
      await go(all.server);
      await all.server.backUp();
      const run = (name: string) => all.start({ name });
      const processes = ['a', 'b', 'c'].map((name) => run(name));
      for (let kill = 0; kill < KILLS; kill++) {
        await sleep(600);
        const victim = kill % processes.length;
        processes[victim]?.child.kill('SIGKILL');
        if (kill % 4 === 1) await all.server.shell.flushall();
        if (kill % 4 === 2) await all.server.backUp();
        if (kill % 4 === 3) await all.server.restart('backup');
        await go(all.server);
        processes[victim] = run(`again ${kill}`);
        await decideExpired(all.admission, all.log, acme);
      }
      for (const { child } of processes) child.kill('SIGKILL');
      await sleep(500);
      const { calls, debited } = await isExact(all, cap);
      t.diagnostic(`${KILLS} kills: ${calls} calls, ${debited} of ${cap} debited`);
      assert.ok(calls > 0);
    },
  );
}
