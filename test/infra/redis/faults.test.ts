import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Admission, AdmissionUnavailable } from '#commands/admission.ts';
import { LogUnavailable } from '#commands/ports.ts';
import type { TenantId } from '#domain/ids.ts';
import { memoryAdmission } from '#infra/memory/admission/admission.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { type BudgetLog, memoryBudgetLog } from '#test/support/budget-log.ts';
import { amountOf, named, nothing, reservation, windowIds } from '#test/support/budget.ts';
import { generate } from '#test/support/generating.ts';
import { until } from '#test/support/process.ts';
import { admissionAt } from '#test/support/redis-admission.ts';
import { redisProxy } from '#test/support/redis-proxy.ts';
import { type RedisServer, redisServer, whereRedisIs } from '#test/support/redis.ts';

const acme = 'acme' as TenantId;
const CAP = { costPerDayNanoUsd: 100 };

/** One generation of 10 nano-dollars through all of its steps; `false` where it was refused. */
const generated = async (admission: Admission, ledger: BudgetLog, name: string) =>
  (await generate(admission, ledger, reservation(acme, name, amountOf(1, 10), CAP))) === 'called';

const spent = async (admission: Admission) => {
  const reading = { tenant: acme, windows: named(reservation(acme, '', nothing)).windows };
  const usage = (await admission.state({ ...reading, scopes: ['tenant'] })).get('tenant');
  assert.ok(usage);
  return { settled: usage.settled.day.costNanoUsd, held: usage.held.day.costNanoUsd };
};

async function counted(t: TestContext, server: RedisServer, count: number) {
  const ledger = memoryBudgetLog();
  const admission = admissionAt(t, server.url, ledger.books);
  for (let index = 0; index < count; index++) {
    assert.equal(await generated(admission, ledger, `before ${index}`), true);
  }
  return { ledger, admission };
}

if (whereRedisIs('own')) {
  for (const from of ['backup', 'nothing'] as const) {
    test(`a Redis restarted with ${from} counts what the log says`, async (t) => {
      const server = await redisServer(t);
      const { ledger, admission } = await counted(t, server, 3);
      await server.backUp();
      for (let index = 0; index < 4; index++) await generated(admission, ledger, `after ${index}`);
      await server.restart(from);
      const restored = await server.shell.hget('palimpsest:{acme}:epoch', 'epoch');
      assert.equal(typeof restored, from === 'backup' ? 'string' : 'object');
      const other = admissionAt(t, server.url, ledger.books);
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, async (_, index) =>
          generated(index % 2 ? admission : other, ledger, `at last ${index}`),
        ),
      );
      assert.equal(outcomes.filter(Boolean).length, 3);
      assert.deepEqual(await spent(other), { settled: 100, held: 0 });
      assert.deepEqual(await other.compare(acme, windowIds), []);
    });
  }

  test('a Redis that stood still while others counted is no authority', async (t) => {
    const server = await redisServer(t);
    const { ledger } = await counted(t, server, 3);
    const inProcess = memoryAdmission({ clock: systemClock, ids: systemIds, books: ledger.books });
    for (let index = 0; index < 5; index++) {
      assert.equal(await generated(inProcess, ledger, `in process ${index}`), true);
    }
    const back = admissionAt(t, server.url, ledger.books);
    assert.deepEqual(await spent(back), { settled: 80, held: 0 });
    const outcomes = [];
    for (let index = 0; index < 4; index++) {
      outcomes.push(await generated(back, ledger, `back ${index}`));
    }
    assert.deepEqual(outcomes, [true, true, false, false]);
    assert.deepEqual(await back.compare(acme, windowIds), []);
  });

  test('FLUSHALL at any moment lets nobody spend more than the budget', async (t) => {
    const server = await redisServer(t);
    const ledger = memoryBudgetLog();
    const processes = Array.from({ length: 4 }, () => admissionAt(t, server.url, ledger.books));
    let done = false;
    const flushing = (async () => {
      for (let flushes = 0; ; flushes++) {
        if (done) return flushes;
        await server.shell.flushall();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 200 }, async (_, index) =>
        generated(processes[index % 4]!, ledger, `racer ${index}`),
      ),
    );
    done = true;
    assert.ok((await flushing) > 1);
    const admitted = outcomes.filter((one) => one.status === 'fulfilled' && one.value).length;
    const { settled } = await ledger.read();
    const debited = settled.find(({ window }) => window === windowIds[0])?.amount.costNanoUsd ?? 0;
    assert.ok(debited <= 100, `${debited} debited`);
    assert.equal(debited, 10 * admitted);
    await processes[0]!.rebuild(acme);
    assert.deepEqual(await processes[0]!.compare(acme, windowIds), []);
  });

  test('forgotten scripts are sent again', async (t) => {
    const server = await redisServer(t);
    const { ledger, admission } = await counted(t, server, 2);
    await server.shell.script('FLUSH');
    assert.equal(await generated(admission, ledger, 'after'), true);
    assert.equal(ledger.reads, 1);
  });

  test('a step whose answer was lost is taken once and answered', async (t) => {
    const server = await redisServer(t);
    const { url, faults } = await redisProxy(t, server.port);
    const ledger = memoryBudgetLog();
    const admission = admissionAt(t, url, ledger.books);
    assert.equal(await generated(admission, ledger, 'first'), true);
    const request = reservation(acme, 'cut', amountOf(1, 10), CAP);
    const topUp = { ...request, attempt: 2, amount: amountOf(1, 20) };
    const step = { reservation: named(request), holder: request.holder };
    const unheard = async <Answer extends { readonly status: string }>(
      step: () => Promise<Answer>,
      status: Answer['status'],
      after: { readonly settled: number; readonly held: number },
    ) => {
      faults.cutAnswers = 1;
      assert.equal((await step()).status, status);
      assert.equal(faults.cutAnswers, 0);
      assert.deepEqual(await spent(admission), after);
    };
    await unheard(async () => await admission.reserve(request), 'held', { settled: 10, held: 10 });
    await unheard(
      async () => await admission.confirm({ ...step, amount: request.amount }),
      'held',
      { settled: 10, held: 10 },
    );
    await unheard(async () => await admission.topUp(topUp), 'held', { settled: 10, held: 30 });
    const renewal = { ...step, leaseMs: 900_000 };
    await unheard(async () => await admission.renew(renewal), 'held', { settled: 10, held: 30 });
    const settle = async () => await admission.settle(named(request), amountOf(1, 25));
    await unheard(settle, 'settled', { settled: 35, held: 0 });
    const other = reservation(acme, 'freed', amountOf(1, 10), CAP);
    await unheard(async () => await admission.reserve(other), 'held', { settled: 35, held: 10 });
    const release = async () => await admission.release(named(other));
    await unheard(release, 'released', { settled: 35, held: 0 });
  });

  test('cut answers in the middle of a rebuild leave it exact', async (t) => {
    const server = await redisServer(t);
    const { url, faults } = await redisProxy(t, server.port);
    const { ledger } = await counted(t, server, 3);
    const open = reservation(acme, 'open', amountOf(1, 10), CAP);
    const admission = admissionAt(t, url, ledger.books);
    const held = await admission.reserve(open);
    assert.ok(held.status === 'held');
    ledger.reserved(open, held);
    const step = { reservation: named(open), holder: open.holder, amount: open.amount };
    for (let answers = 0, isCut = true; isCut; answers++) {
      await server.shell.flushall();
      faults.passAnswers = answers;
      faults.cutAnswers = 1;
      assert.deepEqual(await spent(admission), { settled: 30, held: 10 });
      assert.equal((await admission.confirm(step)).status, 'held');
      isCut = faults.cutAnswers === 0;
      // Begin, holds, window, ends and publishing were all cut once, and what came after them.
      if (!isCut) assert.ok(answers > 8, `${answers} answers`);
    }
  });

  test('a Redis that is down or silent admits nobody, and everybody when it is back', async (t) => {
    const server = await redisServer(t);
    const { url, faults } = await redisProxy(t, server.port);
    const ledger = memoryBudgetLog();
    const soon = { answerWithinMs: 200, patienceMs: 400 };
    const admission = admissionAt(t, url, ledger.books, soon);
    await until(async () => await generated(admission, ledger, 'first').catch(() => false));
    const request = reservation(acme, 'meanwhile', amountOf(1, 10), CAP);
    const refuses = async () =>
      await assert.rejects(admission.reserve(request), (error: Error) => {
        assert.ok(error instanceof AdmissionUnavailable);
        assert.doesNotMatch(error.message, /127\.0\.0\.1/);
        return true;
      });
    faults.frozen = true;
    await refuses();
    faults.frozen = false;
    await until(async () => await generated(admission, ledger, 'second').catch(() => false));
    await server.stop();
    await refuses();
    await server.start();
    await until(async () => await generated(admission, ledger, 'third').catch(() => false));
    assert.deepEqual(await spent(admission), { settled: 30, held: 0 });
  });

  test('a Redis that does not let us in admits nobody', async (t) => {
    const server = await redisServer(t);
    await server.shell.config('SET', 'requirepass', 'another one');
    const soon = { answerWithinMs: 200, patienceMs: 300 };
    const url = server.url.replace('//', '//:guessed@');
    const admission = admissionAt(t, url, memoryBudgetLog().books, soon);
    await assert.rejects(
      admission.reserve(reservation(acme, 'a', amountOf(1), CAP)),
      AdmissionUnavailable,
    );
  });

  test('of many processes one reads the log, and the others wait for it', async (t) => {
    const server = await redisServer(t);
    const ledger = memoryBudgetLog();
    const processes = Array.from({ length: 6 }, () => admissionAt(t, server.url, ledger.books));
    const outcomes = await Promise.all(
      processes.map(async (admission, index) => generated(admission, ledger, `one ${index}`)),
    );
    assert.deepEqual(
      outcomes,
      Array.from({ length: 6 }, () => true),
    );
    assert.equal(ledger.reads, 1);
  });

  test('a process that has not heard of a rebuild counts where the others do', async (t) => {
    const server = await redisServer(t);
    const { ledger, admission } = await counted(t, server, 1);
    const other = admissionAt(t, server.url, ledger.books);
    await other.rebuild(acme);
    const request = reservation(acme, 'next', amountOf(1, 10), CAP);
    assert.equal((await admission.reserve(request)).status, 'held');
    assert.deepEqual(await spent(other), { settled: 10, held: 10 });
  });

  test('a Redis that may evict single counters admits nobody', async (t) => {
    const server = await redisServer(t, ['--maxmemory', '100mb']);
    await server.shell.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const ledger = memoryBudgetLog();
    const admission = admissionAt(t, server.url, ledger.books);
    const request = reservation(acme, 'next', amountOf(1, 10), CAP);
    await assert.rejects(admission.reserve(request), /allkeys-lru.*noeviction/);
    await server.shell.config('SET', 'maxmemory-policy', 'noeviction');
    assert.equal((await admission.reserve(request)).status, 'held');
  });

  for (const moment of ['before', 'after'] as const) {
    test(`whoever slept ${moment} reading the log cannot publish what it read`, async (t) => {
      const server = await redisServer(t);
      const { ledger } = await counted(t, server, 2);
      await server.shell.flushall();
      const asleep = Promise.withResolvers<undefined>();
      const awakes = Promise.withResolvers<undefined>();
      const sleep = async () => {
        asleep.resolve(undefined);
        await awakes.promise;
      };
      const slow = admissionAt(t, server.url, {
        ...ledger.books,
        beginEpoch: async () => {
          const begin = await ledger.books.beginEpoch();
          return async (epoch) => {
            if (moment === 'before') await sleep();
            const read = await begin(epoch);
            if (moment === 'after') await sleep();
            return read;
          };
        },
      });
      const woken = generated(slow, ledger, 'slow');
      await asleep.promise;
      // As if the lock had run out: its owner would have kept it, were it awake.
      await server.shell.hset('palimpsest:{acme}:epoch', 'until', '0');
      const awake = admissionAt(t, server.url, ledger.books);
      for (let index = 0; index < 8; index++) {
        assert.equal(await generated(awake, ledger, `awake ${index}`), true);
      }
      awakes.resolve(undefined);
      assert.equal(await woken, false);
      assert.deepEqual(await spent(slow), { settled: 100, held: 0 });
      assert.deepEqual(await slow.compare(acme, windowIds), []);
    });
  }

  test('a log that fails for a moment keeps nobody waiting for the lock', async (t) => {
    const server = await redisServer(t);
    const ledger = memoryBudgetLog();
    let fails = true;
    const books = {
      ...ledger.books,
      beginEpoch: async () => {
        const begin = await ledger.books.beginEpoch();
        return async (epoch: string) => {
          if (fails) throw new LogUnavailable('it is being tested');
          return await begin(epoch);
        };
      },
    };
    const settings = { lockMs: 600_000, patienceMs: 5_000 };
    const admission = admissionAt(t, server.url, books, settings);
    await assert.rejects(generated(admission, ledger, 'first'), LogUnavailable);
    fails = false;
    const other = admissionAt(t, server.url, ledger.books, settings);
    assert.equal(await generated(other, ledger, 'second'), true);
  });

  test('a rebuild that died is taken over when its lock runs out', async (t) => {
    const server = await redisServer(t);
    const ledger = memoryBudgetLog();
    await server.shell.hset('palimpsest:{acme}:epoch', {
      run: /run_id:(\w+)/.exec(await server.shell.info('server'))?.[1] ?? '',
      token: 'of-the-dead',
      until: String(Date.now() + 300),
    });
    assert.equal(await generated(admissionAt(t, server.url, ledger.books), ledger, 'next'), true);
    assert.equal(ledger.reads, 1);
  });
}
