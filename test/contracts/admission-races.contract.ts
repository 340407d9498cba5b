import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as fc from 'fast-check';
import type {
  Admission,
  Books,
  Held,
  NotHeld,
  Refused,
  Reserve,
  TopUp,
} from '#commands/admission.ts';
import type { Amount } from '#domain/amount.ts';
import type { Ended } from '#domain/budget/ledger.ts';
import type { Claim } from '#domain/budget/limits.ts';
import type { TenantId } from '#domain/ids.ts';
import { type BudgetLog, memoryBudgetLog } from '#test/support/budget-log.ts';
import { amountOf, named, nothing, reservation, today, windowIds } from '#test/support/budget.ts';
import { decideExpired } from '#test/support/generating.ts';

export type OpenedRaces = {
  readonly admission: Admission;
  readonly pass: (ms: number) => Promise<void>;
  /** What can go wrong at any moment. */
  readonly faults: Readonly<Record<string, (tenant: TenantId) => Promise<void>>>;
};
export type OpenRaces = (t: TestContext, books: Books) => Promise<OpenedRaces>;

const CAP = 100;
const claims: readonly Claim[] = [
  { scope: 'tenant', limits: { costPerDayNanoUsd: CAP, tokensPerMonth: CAP } },
  { scope: 'label:both', limits: { costPerMonthNanoUsd: CAP } },
];
const windowsOf = { day: today.day.id, month: today.month.id };

/** A generation as its process knows it. */
type Generation = {
  readonly request: Reserve;
  /** All that the process was told is held; it may not spend it before that is confirmed. */
  held: Amount | undefined;
  spendable: Amount | undefined;
  isLogged: boolean;
  /** Held, and not in the log with its epoch. */
  unlogged: Held | undefined;
  readonly topUps: TopUp[];
};

type World = {
  readonly tenant: TenantId;
  readonly ledger: BudgetLog;
  readonly admission: Admission;
  readonly running: Map<number, Generation>;
  /** Their processes are gone, and may have called a provider before. */
  readonly crashed: Generation[];
  made: number;
};

/** Those on the way to a provider more often, else few generations come so far. */
const forward = ['reserve', 'reserve', 'log', 'log', 'confirm', 'confirm'];
const others = ['top-up', 'settle', 'settle', 'release', 'crash', 'decide'];

type Action = {
  readonly kind: string;
  readonly who: number;
  readonly size: number;
  readonly twice: boolean;
  readonly fault: number | undefined;
};

const actions = fc.array(
  fc.record<Action>({
    kind: fc.constantFrom(...forward, ...others),
    who: fc.nat(5),
    size: fc.integer({ min: 0, max: 60 }),
    twice: fc.boolean(),
    fault: fc.option(fc.nat(100), { freq: 5, nil: undefined }),
  }),
  { minLength: 20, maxLength: 80, size: 'max' },
);

/**
 * Any interleaving of the steps of six generations, delivered once or twice, with any fault between
 * any two: what processes may spend and what was debited never exceed the budget, and when all is
 * quiet the counters are the log's to the nano-dollar.
 */
export function admissionRaces(name: string, open: OpenRaces, { runs }: { readonly runs: number }) {
  test(`${name}: whatever comes between any two steps, nobody overspends and all adds up`, async (t) => {
    let world: World | undefined;
    const books = (tenant: TenantId) => {
      assert.ok(tenant === world?.tenant);
      return world.ledger.books;
    };
    const opened = await open(t, {
      read: async (tenant) => await books(tenant).read(),
      beginEpoch: async (tenant) => await books(tenant).beginEpoch(),
      isNewest: async (tenant, epoch) => await books(tenant).isNewest(tenant, epoch),
    });
    const faults = Object.values(opened.faults);
    let [count, admitted, lost] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(actions, async (list) => {
        const tenant = `races-${process.pid}-${(count += 1)}` as TenantId;
        const [running, crashed] = [new Map<number, Generation>(), []];
        world = {
          tenant,
          ledger: memoryBudgetLog(),
          running,
          crashed,
          made: 0,
          get admission() {
            return opened.admission;
          },
        };
        for (const action of list) {
          if (action.fault !== undefined) await faults[action.fault % faults.length]?.(tenant);
          if (action.kind === 'decide') await decide(opened, world);
          else await act(world, action);
          await assertWithinBudget(world);
        }
        admitted += world.made;
        await finish(opened, world);
        lost += world.ledger.reads;
      }),
      { numRuns: runs, interruptAfterTimeLimit: 120_000 },
    );
    t.diagnostic(`${count} runs, ${admitted} generations, counters built ${lost} times`);
  });
}

async function act(world: World, { kind, who, size, twice }: Action): Promise<void> {
  const generation = world.running.get(who) ?? newGeneration(world, size);
  world.running.set(who, generation);
  // A lease of a millisecond may end between the two.
  const call: Call = twice && generation.request.leaseMs > 1 ? twiceAlike(world) : once;
  const step = steps[kind];
  if (step !== undefined && (await step(world, generation, call, size)) === 'over') {
    world.running.delete(who);
  }
}

/** Every third has a lease that is over at once: its process may crash. */
function newGeneration(world: World, size: number): Generation {
  world.made += 1;
  const leaseMs = world.made % 3 === 0 ? 1 : 600_000;
  const more = { claims, leaseMs };
  const request = reservation(world.tenant, String(world.made), amountOf(size), {}, more);
  const nothingYet = { held: undefined, spendable: undefined, unlogged: undefined };
  return { request, ...nothingYet, isLogged: false, topUps: [] };
}

type Call = <Answer>(step: () => Promise<Answer>) => Promise<Answer>;
const once: Call = async (step) => await step();

const twiceAlike =
  ({ admission, tenant }: World): Call =>
  async (step) => {
    const usage = async () =>
      await admission.state({
        tenant,
        windows: windowsOf,
        scopes: claims.map(({ scope }) => scope),
      });
    const answer = await step();
    const before = await usage();
    assert.deepEqual(timeless(await step()), timeless(answer));
    assert.deepEqual(await usage(), before);
    return answer;
  };

const stepOf = (request: Reserve) => ({ reservation: named(request), holder: request.holder });

/** A refusal asked for a moment later frees a moment earlier. */
const timeless = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer, (key, value: unknown) => (key === 'freesInMs' ? 0 : value)));

type Step = (
  world: World,
  generation: Generation,
  call: Call,
  size: number,
) => Promise<'over' | undefined>;

const steps: Readonly<Record<string, Step>> = {
  reserve: async (world, generation, call) => {
    if (generation.held !== undefined) return undefined;
    const { admission } = world;
    let answer: Held | Refused | NotHeld = await call(
      async () => await admission.reserve(generation.request),
    );
    // Made again after a loss, with all that was added to it.
    for (const topUp of generation.topUps) {
      if (answer.status === 'held') answer = await call(async () => await admission.topUp(topUp));
    }
    if (answer.status !== 'held') return await giveUp(world, generation);
    generation.held = answer.amount;
    generation.unlogged = answer;
    return undefined;
  },
  log: async (world, generation) => {
    const { unlogged, request, topUps } = generation;
    if (unlogged === undefined) return undefined;
    // After a loss all of it is logged anew: what was in the log in time counts once.
    const isOpen =
      world.ledger.reserved(request, unlogged) &&
      topUps.every((topUp) => world.ledger.toppedUp(topUp, unlogged));
    if (!isOpen) return await giveUp(world, generation);
    generation.isLogged = true;
    generation.unlogged = undefined;
    return undefined;
  },
  confirm: async (world, generation, call) => {
    const { held, isLogged, unlogged, request } = generation;
    if (held === undefined || !isLogged || unlogged !== undefined) return undefined;
    const answer = await call(
      async () => await world.admission.confirm({ ...stepOf(request), amount: held }),
    );
    if (answer.status === 'held') generation.spendable = held;
    else if (answer.status === 'unknown') generation.held = undefined;
    else return await giveUp(world, generation);
    return undefined;
  },
  'top-up': async (world, generation, call, size) => {
    const { held, spendable, request, topUps } = generation;
    if (spendable === undefined || held !== spendable) return undefined;
    const topUp = { ...request, attempt: topUps.length + 2, amount: amountOf(size) };
    const answer = await call(async () => await world.admission.topUp(topUp));
    if (answer.status === 'refused' || answer.status === 'unknown') return undefined;
    if (answer.status !== 'held') return await giveUp(world, generation);
    topUps.push(topUp);
    generation.held = answer.amount;
    generation.unlogged = answer;
    return undefined;
  },
  settle: async (world, generation, call, size) => {
    const { spendable, request } = generation;
    if (spendable === undefined) return undefined;
    const amount = amountOf(Math.min(size, spendable.tokens));
    await tell(world, request, world.ledger.ended(request.id, { status: 'settled', amount }), call);
    return 'over';
  },
  release: async (world, generation) =>
    generation.spendable === undefined ? await giveUp(world, generation) : undefined,
  crash: async ({ crashed }, generation) => {
    if (generation.request.leaseMs > 1) return undefined;
    crashed.push(generation);
    return 'over';
  },
};

/** The process stops here: what it may have spent is debited, else the hold is let go. */
async function giveUp(world: World, { request, isLogged, spendable }: Generation): Promise<'over'> {
  const { ledger, admission } = world;
  if (isLogged) {
    const end: Ended = spendable
      ? { status: 'settled', amount: spendable }
      : { status: 'released', amount: nothing };
    await tell(world, request, ledger.ended(request.id, end), once);
  } else if (ledger.abandoned(request.id)) await admission.release(named(request));
  return 'over';
}

async function tell({ admission }: World, request: Reserve, end: Ended, call: Call) {
  await call(async () =>
    end.status === 'settled'
      ? await admission.settle(named(request), end.amount)
      : await admission.release(named(request)),
  );
}

async function decide(
  { pass }: OpenedRaces,
  { admission, ledger, tenant }: World,
): Promise<number> {
  await pass(5);
  return await decideExpired(admission, ledger, tenant);
}

/** What is debited, and what may be being spent at this moment. */
async function assertWithinBudget({ ledger, running, crashed }: World): Promise<void> {
  const { settled, open } = await ledger.read();
  const isOpen = new Set(open.map(({ id }) => id));
  const spending = [...running.values(), ...crashed].filter(({ request }) =>
    isOpen.has(request.id),
  );
  const spendable = spending.reduce((sum, one) => sum + (one.spendable?.costNanoUsd ?? 0), 0);
  const held = open.reduce((sum, { amount }) => sum + amount.costNanoUsd, 0);
  for (const window of windowIds) {
    const found = settled.find((one) => one.window === window && one.scope === 'tenant');
    const debited = found?.amount.costNanoUsd ?? 0;
    assert.ok(debited + spendable <= CAP, `${debited} debited, ${spendable} may be spent`);
    assert.ok(debited + held <= CAP, `${debited} debited, ${held} held`);
  }
}

async function finish(opened: OpenedRaces, world: World): Promise<void> {
  const { admission, tenant, running, ledger } = world;
  for (const generation of running.values()) await giveUp(world, generation);
  while ((await decide(opened, world)) > 0);
  assert.deepEqual((await ledger.read()).open, []);
  assert.deepEqual(await admission.compare(tenant, windowIds), []);
  await admission.rebuild(tenant);
  assert.deepEqual(await admission.compare(tenant, windowIds), []);
  const { settled } = await ledger.read();
  const usage = await admission.state({ tenant, windows: windowsOf, scopes: ['tenant'] });
  const debited = settled.find((one) => one.window === windowsOf.day && one.scope === 'tenant');
  assert.deepEqual(usage.get('tenant'), {
    settled: { day: debited?.amount ?? nothing, month: debited?.amount ?? nothing },
    held: { day: nothing, month: nothing },
    open: 0,
  });
}
