import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { quietAndExact, tenantWith } from '#test/support/api-processes.ts';
import { type Windows, markerIn, wrongIn } from '#test/support/generations-in-log.ts';
import { whereRedisIs } from '#test/support/redis.ts';
import {
  type Company,
  type Round,
  asked,
  atEveryStep,
  company,
  markerOf,
  send,
} from './budget-steps/at-every-step.ts';

// The long form: PAUSE_MS=120000 npm test -- test/faults/budget-steps.test.ts
/** Longer than a lease, so that others decide what becomes of the holds. */
const PAUSE_MS = Number(process.env['PAUSE_MS'] ?? 23_000);
/** What the budget holds; six of them are brought to a step each. */
const FITTING = 8;
const RACING = 12;

/** Looks all the time whether more is settled and held than the budget has. */
function watchCap({ counters }: Company, { tenant, cap }: Round, windows: Windows) {
  const over = new AbortController();
  let most = 0;
  const watching = (async () => {
    while (!over.signal.aborted) {
      const reading = { tenant, windows, scopes: ['tenant'] as const };
      const state = await counters.state(reading).catch(() => undefined);
      const usage = state?.get('tenant');
      if (usage) most = Math.max(most, usage.settled.day.tokens + usage.held.day.tokens);
      await sleep(20);
    }
  })();
  return async () => {
    over.abort();
    await watching;
    assert.ok(most <= cap, `${most} of ${cap} were settled and held`);
  };
}

type Fault = (all: Company) => Promise<(() => Promise<void>) | undefined>;

const faults: Readonly<Record<string, Fault>> = {
  'Redis is emptied': async ({ redis }) => {
    await redis.shell.flushall();
    return undefined;
  },
  'Redis is set back to an older dump': async ({ redis }) => {
    await redis.restart('backup');
    return undefined;
  },
  'the processes sleep for longer than a lease': async ({ cast }) => {
    const pids = Object.values(cast).map(({ pid }) => pid ?? 0);
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return async () => {
      await sleep(PAUSE_MS);
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    };
  },
  'the processes are killed': async ({ cast }) => {
    await Promise.all(Object.values(cast).map((api) => api.kill()));
    return undefined;
  },
};

async function round(t: TestContext, all: Company, number: number, fault: Fault): Promise<string> {
  const { first, models, counters, redis, tokens } = all;
  const cap = tokens * FITTING;
  const made = await tenantWith(all, `round-${number}`, { tokensPerDay: cap });
  const here: Round = { number, tenant: made.tenantId, key: made.key, cap };
  await redis.backUp();
  const { windows, goOn } = await atEveryStep(t, all, here);
  const stopWatching = watchCap(all, here, windows);
  const later = await fault(all);
  await goOn();
  await later?.();

  // Whoever did not hear an answer asks again, some hang up, and the others race for the rest.
  const again = Array.from({ length: 6 }, (_, which) => send(first, here, which + 1));
  const gone = [20, 21, 22].map(async (which) => {
    const body = JSON.stringify(asked(markerOf(here, which)));
    const headers = { authorization: `Bearer ${here.key}`, 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(which);
    const url = `${first.url}/v1/generations`;
    await fetch(url, { method: 'POST', headers, body, signal }).catch(() => undefined);
  });
  const racers = Array.from({ length: RACING }, (_, which) => send(first, here, which + 100));
  await Promise.all([...again, ...gone, ...racers]);

  const generations = await quietAndExact(counters, here.tenant, first.as(here.key));
  await stopWatching();
  const requests = models.requests.filter(({ text }) =>
    markerIn(text).startsWith(`marker-${number}-`),
  );
  assert.deepEqual(wrongIn(generations, requests), []);
  const undisturbed = requests.filter(({ hungUp }) => !hungUp);
  assert.ok(undisturbed.length <= FITTING, `${undisturbed.length} calls`);
  const debited = generations.flatMap(({ debits }) => debits.map(({ amount }) => amount.tokens));
  const sum = debited.reduce((total, one) => total + one, 0);
  assert.ok(sum <= cap, `${sum} of ${cap} debited`);
  // What is lost is debited as if it had been spent.
  assert.ok(sum >= tokens * 4, `${sum} of ${cap} debited`);
  return `${requests.length} calls, ${sum} of ${cap} tokens debited`;
}

if (whereRedisIs('own')) {
  test(
    'with one generation at each step of the path nobody overspends and all is debited once',
    { timeout: 400_000 + PAUSE_MS },
    async (t) => {
      const all = await company(t);
      for (const [index, [what, fault]] of Object.entries(faults).entries()) {
        const figures = await round(t, all, index + 1, fault);
        t.diagnostic(`${what}: ${figures}`);
      }
    },
  );
}
