import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sizes } from '../sizes.ts';
import { type Figures, type Row, inTurns, median, quantile } from '../rounds.ts';
import type { System } from '../system.ts';

const WRITES = 40;
const LONGEST_MS = 10_000;

/** From the call of an append to a read of the view that shows it; the reader asks every millisecond. */
export async function measureLatency(systems: readonly System[], sizes: Sizes): Promise<Row[]> {
  for (const { views } of systems) await views?.start();
  const times = new Map<string, number[][]>();
  const medians = await inTurns(
    sizes.rounds,
    systems.flatMap(({ name, views, append }) => {
      if (views === undefined) return [];
      const run = async () => {
        const here: number[] = [];
        const stream = randomUUID();
        for (let write = 1; write <= WRITES; write++) {
          const began = performance.now();
          await append(stream, 1);
          await until(async () => (await views.seen(stream)) === write, began + LONGEST_MS);
          here.push(performance.now() - began);
          await sleep(Math.random() * 30);
        }
        times.set(name, [...(times.get(name) ?? []), here]);
        return median(here);
      };
      return [{ system: name, run }];
    }),
  );
  const p95 = [...times].map(([system, rounds]): Figures => ({
    system,
    values: rounds.map((round) => quantile(round, 0.95)),
  }));
  const row = { unit: 'ms', better: 'lower' } as const;
  return [
    { ...row, measure: 'Write to view, p50', figures: medians, target: '≤ 25 ms' },
    { ...row, measure: 'Write to view, p95', figures: p95 },
  ];
}

async function until(isSo: () => Promise<boolean>, deadline: number): Promise<void> {
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error('A write did not come to its view.');
    await sleep(1);
  }
}
