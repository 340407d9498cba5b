import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Admission, Books, Reserve, TopUp } from '#commands/admission.ts';
import { WrongReservation } from '#commands/admission.ts';
import type { Refusal } from '#domain/budget/admit.ts';
import type { Amount } from '#domain/amount.ts';
import type { ReservationId } from '#domain/budget/ids.ts';
import { type Claim, type Limits, MAX_CLAIMS, MAX_FIGURE } from '#domain/budget/limits.ts';
import { type TenantId, derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { booksOf, memoryBudgetLog } from '#test/support/budget-log.ts';

export type OpenedAdmission = {
  readonly admission: Admission;
  /** Everything that was counted is gone, as after FLUSHALL or the end of the process. */
  lose(): Promise<void>;
  pass(ms: number): Promise<void>;
};

export type OpenAdmission = (
  t: TestContext,
  books: Books,
  tenant: TenantId,
) => Promise<OpenedAdmission>;

const LONG_MS = 600_000;
const later = Date.parse('2100-01-01T00:00:00Z');
export const today = {
  day: { id: '2099-12-31', endsAt: later },
  month: { id: '2099-12', endsAt: later },
};
const tomorrow = {
  day: { id: '2100-01-01', endsAt: later + 86_400_000 },
  month: { id: '2100-01', endsAt: later + 31 * 86_400_000 },
};
const ids = (windows: Reserve['windows']) => ({ day: windows.day.id, month: windows.month.id });
const amountOf = (tokens: number, costNanoUsd = tokens): Amount => ({ tokens, costNanoUsd });
const none = amountOf(0);

let count = 0;

/** A tenant of its own for every test: some run on a server that others use. */
async function opened(t: TestContext, open: OpenAdmission, ledger = memoryBudgetLog()) {
  const tenant = `t-${process.pid}-${Date.now().toString(36)}-${(count += 1)}` as TenantId;
  const opened = await open(t, booksOf(tenant, ledger), tenant);
  const request = (name: string, amount: Amount, more: Partial<Reserve> = {}): Reserve => ({
    tenant,
    id: derivedUuid('reservation', tenant, name) as ReservationId,
    holder: 'holder-1',
    windows: today,
    amount,
    claims: [{ scope: 'tenant', limits: {} }],
    leaseMs: LONG_MS,
    ...more,
  });
  const named = ({ id, windows }: Pick<Reserve, 'id' | 'windows'>) => ({
    tenant,
    id,
    windows: ids(windows),
  });
  const step = (of: Reserve) => ({ reservation: named(of), holder: of.holder });
  /** All that is held of it, if it was not raised. */
  const whole = (of: Reserve, amount = of.amount) => ({ ...step(of), amount });
  const topUp = (of: Reserve, attempt: number, amount: Amount): TopUp => ({
    ...of,
    attempt,
    amount,
  });
  /** Reserved and in the log. */
  const held = async (name: string, amount: Amount, more: Partial<Reserve> = {}) => {
    const made = request(name, amount, more);
    const answer = await opened.admission.reserve(made);
    assert.ok(answer.status === 'held', JSON.stringify(answer));
    ledger.reserved(made, answer);
    return made;
  };
  const settled = async (of: Reserve, amount: Amount) => {
    ledger.ended(of.id, { status: 'settled', amount });
    return await opened.admission.settle(named(of), amount);
  };
  const released = async (of: Reserve) => {
    ledger.ended(of.id, { status: 'released', amount: none });
    return await opened.admission.release(named(of));
  };
  const usage = async (scope: Claim['scope'] = 'tenant', windows = today) => {
    const reading = { tenant, windows: ids(windows), scopes: [scope] };
    const found = (await opened.admission.state(reading)).get(scope);
    assert.ok(found);
    return found;
  };
  const drift = async () =>
    await opened.admission.compare(
      tenant,
      [today, tomorrow].flatMap(({ day, month }) => [day.id, month.id]),
    );
  return {
    opened,
    tenant,
    ledger,
    request,
    named,
    step,
    whole,
    topUp,
    held,
    settled,
    released,
    usage,
    drift,
  };
}

const refusal = (answer: { readonly status: string; readonly refusal?: Refusal }): Refusal => {
  assert.ok(answer.refusal !== undefined, JSON.stringify(answer));
  return answer.refusal;
};

/** What every `Admission` promises. */
export function admissionContract(name: string, open: OpenAdmission) {
  const contract = (
    promise: string,
    run: (of: Awaited<ReturnType<typeof opened>>) => Promise<void>,
  ) => test(`${name}: ${promise}`, async (t) => await run(await opened(t, open)));

  const claim = (limits: Limits, scope: Claim['scope'] = 'tenant'): Claim => ({ scope, limits });

  contract('what is held becomes what it cost, in day and month', async (of) => {
    const { usage, opened } = of;
    const one = await of.held('a', amountOf(100, 5_000));
    assert.deepEqual((await opened.admission.confirm(of.whole(one))).status, 'held');
    assert.deepEqual(await usage(), {
      settled: { day: none, month: none },
      held: { day: amountOf(100, 5_000), month: amountOf(100, 5_000) },
      open: 1,
    });
    const end = { status: 'settled', amount: amountOf(60, 3_000) };
    assert.deepEqual(await of.settled(one, end.amount), end);
    assert.deepEqual(await usage(), {
      settled: { day: end.amount, month: end.amount },
      held: { day: none, month: none },
      open: 0,
    });
    assert.deepEqual(await of.drift(), []);
  });

  contract('2,000 at once on a budget for 100 are exactly 100', async (of) => {
    const claims = [claim({ costPerDayNanoUsd: 100 * 7 }), claim({}, 'member:ada')];
    const racing = Array.from({ length: 2_000 }, async (_, index) => {
      const request = of.request(`racer ${index}`, amountOf(3, 7), { claims });
      const answer = await of.opened.admission.reserve(request);
      if (answer.status !== 'held') return false;
      of.ledger.reserved(request, answer);
      await of.settled(request, request.amount);
      return true;
    });
    const admitted = (await Promise.all(racing)).filter(Boolean).length;
    assert.equal(admitted, 100);
    assert.deepEqual((await of.usage()).settled.day, amountOf(300, 700));
    assert.deepEqual((await of.usage('member:ada')).settled.month, amountOf(300, 700));
    assert.deepEqual(await of.drift(), []);
  });

  contract(
    'of racing requests in overlapping scopes each scope admits no more than it may',
    async (of) => {
      const caps = {
        'member:ada': 40,
        'member:bea': 90,
        'key:k1': 30,
        'label:team=x': 60,
      } as const;
      const capped = (scope: keyof typeof caps): Claim => ({
        scope,
        limits: { tokensPerDay: caps[scope] },
      });
      const whole: Claim = { scope: 'tenant', limits: { costPerMonthNanoUsd: 100 } };
      const label = capped('label:team=x');
      const kinds: readonly (readonly Claim[])[] = [
        [whole, capped('member:ada'), capped('key:k1'), label],
        [whole, capped('member:ada'), label],
        [whole, capped('member:bea'), label],
        [whole, capped('member:bea')],
      ];
      const racing = Array.from({ length: 800 }, async (_, index) => {
        const claims = kinds[index % kinds.length]!;
        const request = of.request(`overlapping ${index}`, amountOf(1), { claims });
        const answer = await of.opened.admission.reserve(request);
        if (answer.status !== 'held') return [];
        of.ledger.reserved(request, answer);
        await of.settled(request, request.amount);
        return claims.map(({ scope }) => scope);
      });
      const admitted = (await Promise.all(racing)).flat();
      const times = (scope: string) => admitted.filter((one) => one === scope).length;
      assert.equal(times('tenant'), 100);
      for (const [scope, cap] of Object.entries(caps)) {
        assert.ok(times(scope) <= cap, `${scope}: ${times(scope)}`);
      }
      // A refusal by one scope is in the sums of none.
      for (const scope of [
        'tenant',
        'member:ada',
        'member:bea',
        'key:k1',
        'label:team=x',
      ] as const) {
        assert.deepEqual((await of.usage(scope)).settled.day, amountOf(times(scope)), scope);
      }
      assert.deepEqual(await of.drift(), []);
    },
  );

  const refusing: readonly (readonly [Limits, Amount, number | null])[] = [
    [{ requestsPerMinute: 0 }, amountOf(1), null],
    [{ tokensPerMinute: 9 }, amountOf(10), null],
    [{ concurrentGenerations: 0 }, amountOf(1), null],
    [{ tokensPerDay: 9 }, amountOf(10), null],
    [{ tokensPerMonth: 9 }, amountOf(10), null],
    [{ costPerDayNanoUsd: 9 }, amountOf(1, 10), null],
    [{ costPerMonthNanoUsd: 9 }, amountOf(1, 10), null],
    [{ requestsPerMinute: 1 }, amountOf(1), 60_000],
    [{ tokensPerMinute: 10 }, amountOf(10), 60_000],
    [{ concurrentGenerations: 1 }, amountOf(1), 1_000],
    [{ tokensPerDay: 10 }, amountOf(10), Infinity],
    [{ tokensPerMonth: 10 }, amountOf(10), Infinity],
    [{ costPerDayNanoUsd: 10 }, amountOf(1, 10), Infinity],
    [{ costPerMonthNanoUsd: 10 }, amountOf(1, 10), Infinity],
  ];
  for (const [limits, amount, frees] of refusing) {
    const [[limit, allowed] = []] = Object.entries(limits);
    for (const scope of ['tenant', 'member:ada', 'key:k1', 'label:summer/2026 ☀'] as const) {
      contract(`${limit} ${allowed} of ${scope} refuses and says when it frees`, async (of) => {
        const others = (['tenant', 'member:ada', 'key:k1', 'label:summer/2026 ☀'] as const)
          .filter((other) => other !== scope)
          .map((other) => claim({}, other));
        const claims = [...others, claim(limits, scope)];
        if (frees !== null) await of.held('first', amount, { claims });
        const before = await of.usage();
        const said = refusal(
          await of.opened.admission.reserve(of.request('second', amount, { claims })),
        );
        assert.deepEqual([said.scope, said.limit, said.allowed], [scope, limit, allowed]);
        if (frees === null) assert.equal(said.freesInMs, null);
        else {
          const most = Number.isFinite(frees) ? frees : later - Date.parse('2026-01-01');
          assert.ok(said.freesInMs !== null && said.freesInMs > 0 && said.freesInMs <= most);
        }
        assert.deepEqual(await of.usage(), before);
      });
    }
  }

  contract('a refusal consumes nothing in any scope', async (of) => {
    const tenant = claim({ requestsPerMinute: 2, tokensPerMinute: 20, concurrentGenerations: 2 });
    const narrow = claim({ tokensPerDay: 10 }, 'label:narrow');
    const [wide, both] = [{ claims: [tenant] }, { claims: [tenant, narrow] }];
    await of.held('a', amountOf(10), both);
    for (let index = 0; index < 50; index++) {
      const request = of.request(`b${index}`, amountOf(10), both);
      assert.equal(refusal(await of.opened.admission.reserve(request)).scope, 'label:narrow');
    }
    assert.equal((await of.usage()).open, 1);
    await of.held('c', amountOf(10), wide);
    const last = of.request('d', amountOf(1), wide);
    assert.equal(refusal(await of.opened.admission.reserve(last)).scope, 'tenant');
  });

  contract('of several limits that refuse, the one that frees last is named', async (of) => {
    const fast = claim({ concurrentGenerations: 1, requestsPerMinute: 1 });
    const slow = claim({ tokensPerMonth: 10 }, 'key:k');
    const claims = [fast, slow];
    await of.held('a', amountOf(10), { claims });
    const said = refusal(
      await of.opened.admission.reserve(of.request('b', amountOf(5), { claims })),
    );
    assert.deepEqual([said.scope, said.limit], ['key:k', 'tokensPerMonth']);
    const never = of.request('c', amountOf(11), { claims });
    assert.equal(refusal(await of.opened.admission.reserve(never)).freesInMs, null);
  });

  contract('what a rate refuses is admitted when it said', async (of) => {
    const claims = [claim({ requestsPerMinute: 600, tokensPerMinute: 600 })];
    await of.held('a', amountOf(600), { claims });
    const request = of.request('b', amountOf(20), { claims });
    const said = refusal(await of.opened.admission.reserve(request));
    assert.equal(said.limit, 'tokensPerMinute');
    assert.ok(said.freesInMs !== null && said.freesInMs <= 2_000);
    await of.opened.pass(said.freesInMs);
    assert.equal((await of.opened.admission.reserve(request)).status, 'held');
  });

  contract('a slot is free when its generation ends', async (of) => {
    const claims = [claim({ concurrentGenerations: 2 }, 'member:ada')];
    const one = await of.held('a', amountOf(1), { claims });
    const two = await of.held('b', amountOf(1), { claims });
    const third = of.request('c', amountOf(1), { claims });
    assert.equal((await of.opened.admission.reserve(third)).status, 'refused');
    await of.released(one);
    assert.equal((await of.opened.admission.reserve(third)).status, 'held');
    await of.settled(two, amountOf(1));
    assert.equal((await of.usage('member:ada')).open, 1);
  });

  contract('steps that are delivered twice count once and are answered alike', async (of) => {
    const { admission } = of.opened;
    const claims = [claim({ requestsPerMinute: 1, tokensPerDay: 150 })];
    const one = of.request('a', amountOf(100), { claims });
    const twice = async <Answer>(step: () => Promise<Answer>) => {
      const first = await step();
      const before = await of.usage();
      assert.deepEqual(await step(), first);
      assert.deepEqual(await of.usage(), before);
      return first;
    };
    const held = await twice(async () => await admission.reserve(one));
    assert.ok(held.status === 'held');
    of.ledger.reserved(one, held);
    await twice(async () => await admission.confirm(of.whole(one)));
    const raised = await twice(async () => await admission.topUp(of.topUp(one, 2, amountOf(50))));
    assert.deepEqual(raised, { ...held, amount: amountOf(150) });
    await twice(async () => await of.settled(one, amountOf(120)));
    assert.deepEqual(await admission.reserve(one), { status: 'settled', amount: amountOf(120) });
    assert.deepEqual((await of.usage()).settled.day, amountOf(120));

    const free = [claim({})];
    const other = await of.held('b', amountOf(10), { claims: free });
    await twice(async () => await of.released(other));
    assert.deepEqual(await admission.reserve(other), { status: 'released', amount: none });
    assert.deepEqual(await of.drift(), []);
  });

  contract('the first end stays, whatever comes after it', async (of) => {
    const { admission } = of.opened;
    const [a, b, c] = [
      await of.held('a', amountOf(10)),
      await of.held('b', amountOf(10)),
      await of.held('c', amountOf(10)),
    ];
    const settled = { status: 'settled', amount: amountOf(4) };
    assert.deepEqual(await of.settled(a, amountOf(4)), settled);
    assert.deepEqual(await admission.settle(of.named(a), amountOf(9)), settled);
    assert.deepEqual(await of.settled(b, amountOf(4)), settled);
    assert.deepEqual(await admission.release(of.named(b)), settled);
    const released = { status: 'released', amount: none };
    assert.deepEqual(await of.released(c), released);
    assert.deepEqual(await admission.settle(of.named(c), amountOf(9)), released);
    for (const one of [a, b, c]) {
      const status = one === c ? 'released' : 'settled';
      assert.equal((await admission.confirm(of.whole(one))).status, status);
      assert.equal((await admission.renew({ ...of.step(one), leaseMs: 5 })).status, status);
      assert.equal((await admission.topUp(of.topUp(one, 2, amountOf(1)))).status, status);
    }
    assert.deepEqual((await of.usage()).settled.day, amountOf(8));
    assert.deepEqual(await of.drift(), []);
  });

  contract('a release that overtakes its reservation leaves nothing to hold', async (of) => {
    const request = of.request('a', amountOf(10));
    const released = { status: 'released', amount: none };
    assert.deepEqual(await of.opened.admission.release(of.named(request)), released);
    assert.deepEqual(await of.opened.admission.reserve(request), released);
    assert.deepEqual((await of.usage()).held.day, none);
  });

  contract('what nobody reserved cannot be confirmed, raised or settled', async (of) => {
    const { admission } = of.opened;
    const request = of.request('a', amountOf(10));
    const unknown = { status: 'unknown' };
    assert.deepEqual(await admission.confirm(of.whole(request)), unknown);
    assert.deepEqual(await admission.renew({ ...of.step(request), leaseMs: 5 }), unknown);
    assert.deepEqual(await admission.topUp(of.topUp(request, 2, amountOf(1))), unknown);
    assert.deepEqual(await admission.settle(of.named(request), amountOf(10)), unknown);
    assert.deepEqual((await of.usage()).settled.day, none);
  });

  contract('a call that ends after midnight is debited on the day it began', async (of) => {
    const late = await of.held('late', amountOf(10));
    const early = await of.held('early', amountOf(20), { windows: tomorrow });
    await of.settled(late, amountOf(11));
    await of.settled(early, amountOf(21));
    assert.deepEqual((await of.usage('tenant', today)).settled, {
      day: amountOf(11),
      month: amountOf(11),
    });
    assert.deepEqual((await of.usage('tenant', tomorrow)).settled, {
      day: amountOf(21),
      month: amountOf(21),
    });
    assert.deepEqual(await of.drift(), []);
  });

  contract('a new day begins at nothing, and the month goes on', async (of) => {
    const claims = [claim({ tokensPerDay: 10, tokensPerMonth: 15 })];
    await of.held('a', amountOf(10), { claims });
    const windows = { day: { id: '2100-01-01', endsAt: later }, month: today.month };
    const said = refusal(
      await of.opened.admission.reserve(of.request('b', amountOf(6), { claims, windows })),
    );
    assert.equal(said.limit, 'tokensPerMonth');
    await of.held('c', amountOf(5), { claims, windows });
  });

  contract('a provider that bills more than was held is debited in full', async (of) => {
    const claims = [claim({ costPerDayNanoUsd: 100 })];
    const one = await of.held('a', amountOf(1, 60), { claims });
    await of.settled(one, amountOf(1, 130));
    assert.deepEqual((await of.usage()).settled.day, amountOf(1, 130));
    const next = of.request('b', amountOf(1, 1), { claims });
    assert.equal(refusal(await of.opened.admission.reserve(next)).limit, 'costPerDayNanoUsd');
  });

  contract('a further attempt raises the hold within the budgets, and is not paced', async (of) => {
    const { admission } = of.opened;
    const pace = { requestsPerMinute: 1, tokensPerMinute: 60, concurrentGenerations: 1 };
    const claims = [claim(pace), claim({ costPerMonthNanoUsd: 100 }, 'key:k')];
    const one = await of.held('a', amountOf(60), { claims });
    const raised = await admission.topUp(of.topUp(one, 2, amountOf(40)));
    assert.ok(raised.status === 'held');
    assert.deepEqual(raised.amount, amountOf(100));
    const said = refusal(await admission.topUp(of.topUp(one, 3, amountOf(1))));
    assert.deepEqual([said.scope, said.limit], ['key:k', 'costPerMonthNanoUsd']);
    assert.deepEqual((await of.usage('key:k')).held.month, amountOf(100));
    assert.deepEqual((await of.usage()).held.month, amountOf(100));
    await of.settled(one, amountOf(70));
    assert.deepEqual((await of.usage()).held.month, none);
  });

  contract('what is held for one is not available to another', async (of) => {
    const claims = [claim({ tokensPerDay: 100 })];
    const one = await of.held('a', amountOf(60), { claims });
    const other = of.request('b', amountOf(60), { claims });
    assert.equal((await of.opened.admission.reserve(other)).status, 'refused');
    await of.settled(one, amountOf(40));
    assert.equal((await of.opened.admission.reserve(other)).status, 'held');
  });

  contract('an expired hold is counted, cannot be spent, and waits for a decision', async (of) => {
    const { admission } = of.opened;
    const claims = [claim({ tokensPerDay: 25, concurrentGenerations: 2 })];
    const [a, b] = [
      await of.held('a', amountOf(10), { claims, leaseMs: 1 }),
      await of.held('b', amountOf(10), { claims, leaseMs: 2 }),
    ];
    await of.opened.pass(10);
    for (const one of [a, b]) {
      const expired = { status: 'expired' };
      assert.deepEqual(await admission.confirm(of.whole(one)), expired);
      assert.deepEqual(await admission.renew({ ...of.step(one), leaseMs: LONG_MS }), expired);
      assert.deepEqual(await admission.topUp(of.topUp(one, 2, amountOf(1))), expired);
      assert.deepEqual(await admission.reserve(one), expired);
    }
    const third = of.request('c', amountOf(10), { claims });
    assert.equal((await admission.reserve(third)).status, 'refused');
    const found = await admission.expired(of.tenant, 10);
    assert.deepEqual(
      found.map(({ reservation, holder, amount }) => ({ reservation, holder, amount })),
      [a, b].map((one) => ({ reservation: of.named(one), holder: one.holder, amount: one.amount })),
    );
    assert.ok(found.every(({ expiredAt }) => Number.isSafeInteger(expiredAt) && expiredAt > 0));
    assert.equal((await admission.expired(of.tenant, 1)).length, 1);
    await of.settled(a, amountOf(10));
    await of.released(b);
    assert.deepEqual(await admission.expired(of.tenant, 10), []);
    assert.equal((await admission.reserve(third)).status, 'held');
    assert.deepEqual((await of.usage()).settled.day, amountOf(10));
  });

  contract('a lease that is renewed in time goes on', async (of) => {
    const one = await of.held('a', amountOf(10), { leaseMs: LONG_MS });
    const before = await of.opened.admission.confirm(of.whole(one));
    const renewed = await of.opened.admission.renew({ ...of.step(one), leaseMs: 2 * LONG_MS });
    assert.ok(before.status === 'held' && renewed.status === 'held');
    assert.ok(renewed.expiresAt >= before.expiresAt + LONG_MS);
    assert.deepEqual(await of.opened.admission.confirm(of.whole(one)), renewed);
    const short = await of.opened.admission.renew({ ...of.step(one), leaseMs: 1 });
    assert.equal(short.status, 'held');
    await of.opened.pass(5);
    assert.deepEqual(await of.opened.admission.confirm(of.whole(one)), { status: 'expired' });
  });

  contract('the hold of another is told to be so', async (of) => {
    const { admission } = of.opened;
    const one = await of.held('a', amountOf(10));
    const stranger = { ...one, holder: 'holder-2' };
    const foreign = { status: 'foreign' };
    assert.deepEqual(await admission.reserve(stranger), foreign);
    assert.deepEqual(await admission.confirm(of.whole(stranger)), foreign);
    assert.deepEqual(await admission.renew({ ...of.step(stranger), leaseMs: 5 }), foreign);
    assert.deepEqual(await admission.topUp(of.topUp(stranger, 2, amountOf(1))), foreign);
    assert.equal((await admission.confirm(of.whole(one))).status, 'held');
    assert.deepEqual((await of.usage()).held.day, amountOf(10));
  });

  contract('lost counters are built from the log before anything is admitted', async (of) => {
    const { admission } = of.opened;
    const claims = [claim({ tokensPerDay: 100 }), claim({}, 'label:x/y')];
    const spent = await of.held('spent', amountOf(30), { claims });
    await of.settled(spent, amountOf(25));
    const open = await of.held('open', amountOf(40), { claims });
    const raised = await admission.topUp(of.topUp(open, 2, amountOf(10)));
    assert.ok(raised.status === 'held');
    of.ledger.toppedUp(of.topUp(open, 2, amountOf(10)), raised);
    const unlogged = of.request('unlogged', amountOf(20), { claims });
    assert.equal((await admission.reserve(unlogged)).status, 'held');

    await of.opened.lose();
    const after = of.opened.admission;
    const tooMuch = of.request('too much', amountOf(26), { claims });
    assert.equal((await after.reserve(tooMuch)).status, 'refused');
    assert.equal((await after.confirm(of.whole(open))).status, 'held');
    const repeated = await after.topUp(of.topUp(open, 2, amountOf(10)));
    assert.ok(repeated.status === 'held');
    assert.deepEqual(repeated.amount, amountOf(50));
    assert.deepEqual(await after.confirm(of.whole(unlogged)), { status: 'unknown' });
    const short = { ...open, amount: amountOf(51) };
    assert.deepEqual(await after.confirm(of.whole(short)), { status: 'unknown' });
    const ended = { status: 'settled', amount: amountOf(25) };
    assert.deepEqual(await after.reserve(spent), ended);
    assert.deepEqual(await after.settle(of.named(spent), amountOf(25)), ended);
    assert.equal((await after.reserve(unlogged)).status, 'held');
    await after.release(of.named(unlogged));
    await of.settled(open, amountOf(50));
    assert.deepEqual((await of.usage('label:x/y')).settled.day, amountOf(75));
    assert.deepEqual(await of.drift(), []);
  });

  contract(
    'of two that reserved the same money around a loss, the late one is refused',
    async (of) => {
      const claims = [claim({ costPerDayNanoUsd: 100 })];
      const late = of.request('late', amountOf(1, 100), { claims });
      const made = await of.opened.admission.reserve(late);
      assert.ok(made.status === 'held');
      await of.opened.lose();
      const other = await of.held('other', amountOf(1, 100), { claims });
      assert.equal((await of.opened.admission.confirm(of.whole(other))).status, 'held');
      // Now the late one reaches the log, and the counters are lost once more.
      of.ledger.reserved(late, made);
      await of.opened.lose();
      assert.deepEqual(await of.opened.admission.confirm(of.whole(late)), { status: 'unknown' });
      const said = refusal(await of.opened.admission.reserve(late));
      assert.deepEqual([said.scope, said.limit], ['tenant', 'costPerDayNanoUsd']);
      await of.released(late);
      assert.equal((await of.opened.admission.confirm(of.whole(other))).status, 'held');
      assert.deepEqual(await of.drift(), []);
    },
  );

  contract('a top-up that was lost is not taken for held', async (of) => {
    const claims = [claim({ tokensPerDay: 100 })];
    const one = await of.held('a', amountOf(60), { claims });
    const topUp = of.topUp(one, 2, amountOf(40));
    assert.equal((await of.opened.admission.topUp(topUp)).status, 'held');
    await of.opened.lose();
    const other = await of.held('b', amountOf(30), { claims });
    const both = { ...one, amount: amountOf(100) };
    assert.deepEqual(await of.opened.admission.confirm(of.whole(both)), { status: 'unknown' });
    assert.equal((await of.opened.admission.topUp(topUp)).status, 'refused');
    await of.released(other);
    assert.equal((await of.opened.admission.topUp(topUp)).status, 'held');
    assert.equal((await of.opened.admission.confirm(of.whole(both))).status, 'held');
  });

  contract('a rebuild that races with ends neither loses nor doubles them', async (of) => {
    const claims = [claim({ tokensPerDay: 1_000 })];
    for (let round = 0; round < 5; round++) {
      const holds = await Promise.all(
        Array.from({ length: 20 }, async (_, index) =>
          of.held(`${round}/${index}`, amountOf(10), { claims }),
        ),
      );
      const ends = holds.map(async (hold, index) =>
        index % 3 === 0 ? await of.released(hold) : await of.settled(hold, amountOf(7)),
      );
      await Promise.all([...ends, of.opened.admission.rebuild(of.tenant)]);
      assert.deepEqual(await of.drift(), []);
    }
    assert.deepEqual((await of.usage()).settled.day, amountOf(5 * 13 * 7));
    assert.equal((await of.usage()).open, 0);
  });

  contract('a drift is told to the unit, and a rebuild ends it', async (of) => {
    const one = await of.held('a', amountOf(10, 1_000));
    await of.opened.admission.settle(of.named(one), amountOf(12, 1_001));
    of.ledger.ended(one.id, { status: 'settled', amount: amountOf(9, 1_002) });
    assert.deepEqual(
      await of.drift(),
      [today.day.id, today.month.id].map((window) => ({
        window,
        scope: 'tenant',
        tokens: 3,
        costNanoUsd: -1,
      })),
    );
    await of.opened.admission.rebuild(of.tenant);
    assert.deepEqual(await of.drift(), []);
  });

  contract('one tenant counts nothing of another', async (of) => {
    const limits = { requestsPerMinute: 1, tokensPerDay: 10 };
    await of.held('a', amountOf(10), { claims: [claim(limits)] });
    const other = `${of.tenant}-2` as TenantId;
    const theirs = of.request('b', amountOf(10), { tenant: other, claims: [claim(limits)] });
    assert.equal((await of.opened.admission.reserve(theirs)).status, 'held');
    assert.deepEqual((await of.usage()).held.day, amountOf(10));
  });

  contract('figures are exact up to 2^53 - 1, and nothing is counted beyond', async (of) => {
    const { admission } = of.opened;
    const claims = [claim({ costPerDayNanoUsd: MAX_FIGURE, costPerMonthNanoUsd: null })];
    const one = await of.held('a', amountOf(0, MAX_FIGURE - 1), { claims });
    assert.deepEqual((await of.usage()).held.day, amountOf(0, MAX_FIGURE - 1));
    await of.settled(one, amountOf(0, MAX_FIGURE - 3));
    const fits = await of.held('b', amountOf(0, 3), { claims });
    const said = refusal(await admission.reserve(of.request('c', amountOf(0, 1), { claims })));
    assert.deepEqual([said.limit, said.allowed], ['costPerDayNanoUsd', MAX_FIGURE]);
    const unlimited = of.request('c', amountOf(0, 1), { claims: [claim({})] });
    assert.equal(refusal(await admission.reserve(unlimited)).allowed, MAX_FIGURE);
    await of.settled(fits, amountOf(0, 2));
    assert.deepEqual((await of.usage()).settled.month, amountOf(0, MAX_FIGURE - 1));
    assert.equal((await admission.reserve(unlimited)).status, 'held');
    await admission.release(of.named(unlimited));
    assert.deepEqual(await of.drift(), []);
  });

  for (const figure of [MAX_FIGURE + 1, -1, 0.5, Number.NaN, Infinity]) {
    contract(`${figure} is no figure`, async (of) => {
      const { admission } = of.opened;
      const refused = (error: unknown) =>
        error instanceof Rejected && error.code === 'budget/not-countable';
      const one = await of.held('a', amountOf(1));
      await assert.rejects(admission.reserve(of.request('b', amountOf(figure))), refused);
      await assert.rejects(admission.topUp(of.topUp(one, 2, amountOf(0, figure))), refused);
      await assert.rejects(admission.settle(of.named(one), amountOf(figure)), refused);
      const claims = [claim({ tokensPerDay: figure })];
      await assert.rejects(admission.reserve(of.request('c', amountOf(1), { claims })), refused);
      assert.deepEqual((await of.usage()).held.day, amountOf(1));
    });
  }

  contract('scopes that cannot be told apart are refused', async (of) => {
    const claims = (...scopes: string[]) => ({
      claims: scopes.map((scope) => claim({}, scope as Claim['scope'])),
    });
    const wrong = [
      claims('label:a', 'label:a'),
      claims('label:a\nb'),
      claims('label:'),
      claims('other:x'),
      claims(...Array.from({ length: MAX_CLAIMS + 1 }, (_, index) => `label:${index}`)),
    ];
    for (const more of wrong) {
      await assert.rejects(
        of.opened.admission.reserve(of.request('a', amountOf(1), more)),
        (error) => error instanceof Rejected && error.code === 'budget/scopes-not-countable',
      );
    }
  });

  contract(
    'a step that names other windows or scopes is a mistake and counts nothing',
    async (of) => {
      const { admission } = of.opened;
      const one = await of.held('a', amountOf(10));
      const elsewhere = { ...one, windows: tomorrow };
      await assert.rejects(admission.settle(of.named(elsewhere), amountOf(1)), WrongReservation);
      await assert.rejects(admission.release(of.named(elsewhere)), WrongReservation);
      await assert.rejects(admission.topUp(of.topUp(elsewhere, 2, none)), WrongReservation);
      const others = { ...one, claims: [claim({}, 'key:k')] };
      await assert.rejects(admission.topUp(of.topUp(others, 2, none)), WrongReservation);
      assert.equal((await admission.confirm(of.whole(one))).status, 'held');
      assert.deepEqual((await of.usage()).held.day, amountOf(10));
    },
  );

  contract('thousands of reservations in the log are all there after a loss', async (of) => {
    const claims = [claim({}), claim({}, 'member:ada')];
    for (let index = 0; index < 1_200; index++) {
      const own = claim({}, `label:${index}`);
      const request = of.request(`l${index}`, amountOf(1, 3), { claims: [...claims, own] });
      const { amount } = request;
      of.ledger.reserved(request, { status: 'held', amount, expiresAt: 0, epoch: '' });
      if (index % 2) of.ledger.ended(request.id, { status: 'settled', amount: amountOf(1, 2) });
    }
    const { settled, held, open } = await of.usage('member:ada');
    assert.deepEqual([settled.day, held.month], [amountOf(600, 1_200), amountOf(600, 1_800)]);
    assert.equal(open, 600);
    assert.deepEqual(await of.drift(), []);
  });
}
