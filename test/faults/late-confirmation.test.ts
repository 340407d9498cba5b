import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { quietAndExact } from '#test/support/api-processes.ts';
import { usedBy, wrongIn } from '#test/support/generations-in-log.ts';
import { whereRedisIs } from '#test/support/redis.ts';
import { type Company, type Round, FITTING, company, newRound } from './budget-steps/company.ts';
import { RACERS, race, requestsOf, spendTheRest } from './budget-steps/round.ts';
import { standingAt } from './budget-steps/steps.ts';

/** Longer than one step is tried, and shorter than a lease. */
const LATE_MS = 6_000;

async function usedIn(all: Company, round: Round): Promise<number> {
  const generations = await quietAndExact(all.counters, round.tenant, all.first.as(round.key));
  assert.deepEqual(wrongIn(generations, requestsOf(all, round)), []);
  return usedBy(generations).tokens;
}

if (whereRedisIs('own')) {
  test('a hold waits for a late confirmation, and for none longer than its time', async (t) => {
    const all = await company(t);

    await t.test(
      'one that is confirmed late is used, though all others were refused meanwhile',
      async (t) => {
        const round = await newRound(all, 1);
        const standing = await standingAt(t, 'confirmed and not called', { all, round });
        await Promise.all([race(standing, RACERS), sleep(LATE_MS)]);
        standing.goOn();
        assert.equal((await standing.answers[0])?.status, 201);
        assert.equal(await usedIn(all, round), round.cap);
        assert.equal(requestsOf(all, round).length, FITTING);
      },
    );

    await t.test(
      'one that Redis never confirms is refused in its time, and takes nothing',
      async (t) => {
        const round = await newRound(all, 2);
        const timeoutMs = 4_000;
        const standing = await standingAt(t, 'logged and not confirmed', { all, round }, timeoutMs);
        await all.redis.stop();
        standing.goOn();
        const heard = await standing.answers[0];
        assert.equal(heard?.status, 503, heard?.text);
        await all.redis.start();
        await spendTheRest(all, round, all.tokens * 2);
        assert.equal(await usedIn(all, round), round.cap);
      },
    );
  });
}
