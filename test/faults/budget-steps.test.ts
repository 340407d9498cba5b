import { type TestContext, test } from 'node:test';
import { whereRedisIs } from '#test/support/redis.ts';
import { type Company, company } from './budget-steps/company.ts';
import { type FaultName, PAUSE_MS, faultNamed, faults } from './budget-steps/faults.ts';
import { roundOf } from './budget-steps/round.ts';
import { type StepName, steps } from './budget-steps/steps.ts';

type Cell = readonly [FaultName, StepName];

// Each fault and each step once. Every fault at every step, and the long sleep:
// BUDGET_FAULTS=all PAUSE_MS=120000 npm test -- test/faults/budget-steps.test.ts
const FEW: readonly Cell[] = [
  ['its process is killed', 'answered and not debited'],
  ['Redis is emptied', 'admitted and not logged'],
  ['Redis is set back to an older dump', 'debited and not settled'],
  ['the same is delivered again', 'logged and not confirmed'],
  ['its process sleeps', 'confirmed and not called'],
  ['its client hangs up', 'called and not answered'],
];
const ALL: readonly Cell[] = (Object.keys(faults) as FaultName[]).flatMap((fault) =>
  (Object.keys(steps) as StepName[]).map((step) => [fault, step] as const),
);
const CELLS = process.env['BUDGET_FAULTS'] === 'all' ? ALL : FEW;

/** Those that only their own process feels go on side by side, the others one after the other. */
async function inTurn(cells: readonly Cell[], play: (cell: Cell) => Promise<void>): Promise<void> {
  const byFault = Map.groupBy(cells, ([fault]) => (CELLS === ALL ? fault : ''));
  for (const some of byFault.values()) {
    const own = some.filter(([fault]) => !faultNamed(fault).isOfAll);
    await Promise.all(own.map(play));
    for (const cell of some) if (faultNamed(cell[0]).isOfAll) await play(cell);
  }
}

const play = async (t: TestContext, all: Company, [fault, step]: Cell) =>
  await t.test(`${fault} when it is ${step}`, async (t) => {
    const number = ALL.findIndex((one) => one[0] === fault && one[1] === step) + 1;
    const began = Date.now();
    const figures = await roundOf(t, all, number, fault, step);
    const seconds = Math.round((Date.now() - began) / 1_000);
    t.diagnostic(`${fault}, ${step}: ${figures}, in ${seconds} s`);
  });

if (whereRedisIs('own')) {
  test(
    'whatever hits a generation at whatever step, nobody overspends and all is debited once',
    { timeout: 100_000 + CELLS.length * 40_000 + PAUSE_MS, concurrency: CELLS.length },
    async (t) => {
      const all = await company(t);
      await inTurn(CELLS, async (cell) => await play(t, all, cell));
    },
  );
}
