import type { Sizes } from '../sizes.ts';
import { type Row, inTurns, median } from '../rounds.ts';
import type { System } from '../system.ts';

const LENGTHS = [10, 1_000, 100_000];

/** Loads a stream that nobody holds in memory. */
export async function measureLoads(systems: readonly System[], sizes: Sizes): Promise<Row[]> {
  const rows: Row[] = [];
  for (const length of LENGTHS) {
    const stream = `long-${length}`;
    for (const system of systems) await system.fill(stream, length);
    const loads = length > 10_000 ? 2 : 20;
    const figures = await inTurns(
      sizes.rounds,
      systems.map((system) => ({
        system: system.name,
        run: async () => await timeOfLoad(system, stream, length, loads),
      })),
    );
    rows.push({
      measure: `Load a stream of ${length.toLocaleString('en')} events`,
      unit: 'ms',
      better: 'lower',
      figures,
      ...(length > 10_000 && { target: 'as short as that of 1,000' }),
    });
  }
  return rows;
}

async function timeOfLoad(
  { name, load }: System,
  stream: string,
  length: number,
  loads: number,
): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < loads; run++) {
    const began = performance.now();
    const count = await load(stream);
    times.push(performance.now() - began);
    if (count !== length) throw new Error(`${name} folded ${count} of ${length} events.`);
  }
  return median(times);
}
