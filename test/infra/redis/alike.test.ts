import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { Admission } from '#commands/admission.ts';
import type { Claim, Scope } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';
import { memoryAdmission } from '#infra/memory/admission/admission.ts';
import { systemIds } from '#infra/system/ids.ts';
import { amountOf, named, reservation } from '#test/support/budget.ts';
import { memoryBudgetLog } from '#test/support/budget-log.ts';
import { manualClock } from '#test/support/manual-clock.ts';
import { sharedRedis, whereRedisIs } from '#test/support/redis.ts';
import { admissionAt } from '#test/support/redis-admission.ts';

/** Mostly none, else hardly anything is admitted. */
const limit = (...figures: readonly number[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(undefined, null) }, fc.constantFrom(...figures));
const limits = fc.record({
  requestsPerMinute: limit(0, 1, 2, 3),
  // Slow against the steps of ten below: what drains while the test runs lets nothing more in.
  tokensPerMinute: limit(0, 25, 50),
  concurrentGenerations: limit(0, 1, 2, 3),
  tokensPerDay: limit(25, 50, 100),
  tokensPerMonth: limit(50, 100),
  costPerDayNanoUsd: limit(25, 50, 100),
  costPerMonthNanoUsd: limit(50, 100),
});
const scopes: readonly Scope[] = ['tenant', 'member:ada', 'key:k', 'label:a/b c'];
const claims = fc
  .tuple(fc.shuffledSubarray([...scopes], { minLength: 1 }), fc.array(limits, { minLength: 4 }))
  .map(([some, all]): Claim[] => some.map((scope, index) => ({ scope, limits: all[index] ?? {} })));
const tens = fc.integer({ min: 0, max: 5 }).map((count) => 10 * count);
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('reserve', 'reserve', 'top-up', 'settle', 'release'),
    who: fc.nat(4),
    tokens: tens,
    cost: tens,
    claims,
  }),
  { minLength: 5, maxLength: 25, size: 'max' },
);

type Step = typeof steps extends fc.Arbitrary<(infer One)[]> ? One : never;

/** What it answers to each step, without what depends on the moment. */
async function answers(admission: Admission, tenant: TenantId, list: readonly Step[]) {
  const told: unknown[] = [];
  const made = new Map<number, ReturnType<typeof reservation>>();
  for (const [number, { kind, who, tokens, cost, claims }] of list.entries()) {
    const amount = amountOf(tokens, cost);
    const request = made.get(who) ?? reservation(tenant, `${number}`, amount, {}, { claims });
    if (kind === 'reserve') {
      told.push(await admission.reserve(request));
      made.set(who, request);
    } else if (kind === 'top-up') {
      told.push(await admission.topUp({ ...request, attempt: number, amount }));
    } else {
      made.delete(who);
      told.push(
        await (kind === 'settle'
          ? admission.settle(named(request), amount)
          : admission.release(named(request))),
      );
    }
  }
  const windows = named(reservation(tenant, '', amountOf(0))).windows;
  told.push([...(await admission.state({ tenant, windows, scopes }))]);
  return JSON.stringify(told, (key, value: unknown) => {
    if (key === 'freesInMs') return value === null ? 'never' : 'later';
    return key === 'expiresAt' || key === 'epoch' ? '' : value;
  });
}

if (whereRedisIs('any')) {
  const url = sharedRedis();
  test('on Redis and in process the same is admitted, refused and counted', async (t) => {
    let count = 0;
    const redis = admissionAt(t, await url(), books());
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const tenant =
          `alike-${process.pid}-${Date.now().toString(36)}-${(count += 1)}` as TenantId;
        const clock = manualClock();
        const memory = memoryAdmission({ clock, ids: systemIds, books: books() });
        assert.equal(await answers(redis, tenant, list), await answers(memory, tenant, list));
      }),
      { numRuns: Number(process.env['ALIKE'] ?? 400), interruptAfterTimeLimit: 60_000 },
    );
  });
}

/** Of tenants that have spent nothing. */
function books() {
  const of = (tenant: TenantId) => {
    const log = logs.get(tenant) ?? memoryBudgetLog();
    logs.set(tenant, log);
    return log.books;
  };
  const logs = new Map<TenantId, ReturnType<typeof memoryBudgetLog>>();
  return {
    read: async (tenant: TenantId) => await of(tenant).read(),
    beginEpoch: async (tenant: TenantId) => await of(tenant).beginEpoch(),
    isNewest: async (tenant: TenantId, epoch: string) => await of(tenant).isNewest(tenant, epoch),
  };
}
