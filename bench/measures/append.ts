import { randomUUID } from 'node:crypto';
import type { Sizes } from '../sizes.ts';
import { type Row, inTurns, rateOf } from '../rounds.ts';
import type { System } from '../system.ts';

const IN_FLIGHT = 64;

/** Appends to streams of their own, so that nothing but the log itself is waited for. */
export async function measureAppends(systems: readonly System[], sizes: Sizes): Promise<Row[]> {
  // Code that runs for the first time is slow, and in a server that runs for weeks it is not.
  for (const system of systems) {
    await rateOf(IN_FLIGHT, sizes.seconds, (worker) => system.append(`warm-up-${worker}`, 1));
  }
  const appends = async (inFlight: number, count: number) =>
    await inTurns(
      sizes.rounds,
      systems.map((system) => ({
        system: system.name,
        run: async () => {
          const streams = Array.from({ length: inFlight }, () => randomUUID());
          const append = (worker: number) => system.append(streams[worker]!, count);
          // What is made once for a stream (a key) is not what is measured.
          await Promise.all(streams.map((_, worker) => append(worker)));
          return count * (await rateOf(inFlight, sizes.seconds, append));
        },
      })),
    );
  const row = { unit: 'events/s', better: 'higher' } as const;
  return [
    { ...row, measure: 'Append, 1 in flight', figures: await appends(1, 1) },
    {
      ...row,
      measure: `Append, ${IN_FLIGHT} in flight`,
      figures: await appends(IN_FLIGHT, 1),
      target: '≥ 5 × Emmett',
    },
    { ...row, measure: 'Append of 100 events, 1 in flight', figures: await appends(1, 100) },
    { ...row, measure: 'Append of 100 events, 8 in flight', figures: await appends(8, 100) },
  ];
}
