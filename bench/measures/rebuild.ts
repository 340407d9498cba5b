import { randomUUID } from 'node:crypto';
import type { Sizes } from '../sizes.ts';
import { type Row, inTurns } from '../rounds.ts';
import type { System, ViewKind } from '../system.ts';

const EVENTS_A_STREAM = 50;
const TARGETS = {
  headers: '≥ 30,000 events/s, ≥ 10 × Emmett',
  bodies: '≥ 8,000 events/s, ≥ 10 × Emmett',
};

/** Writes the events that the views are rebuilt from. */
async function fill({ fill }: System, { events }: Sizes): Promise<void> {
  for (let left = events; left > 0; left -= EVENTS_A_STREAM) {
    await fill(randomUUID(), Math.min(left, EVENTS_A_STREAM));
  }
}

/** From the first event of the whole log to the moment when readers see the new rows. */
export async function measureRebuilds(systems: readonly System[], sizes: Sizes): Promise<Row[]> {
  const rows: Row[] = [];
  for (const system of systems) if (system.views !== undefined) await fill(system, sizes);
  for (const kind of ['headers', 'bodies'] as const) {
    const reads = new Map<string, { reads: number; emptyReads: number }>();
    const figures = await inTurns(
      sizes.rounds,
      systems.flatMap(({ name, views }) => {
        if (views === undefined) return [];
        const run = async () => {
          const began = performance.now();
          const seen = await views.rebuild(kind);
          const seconds = (performance.now() - began) / 1_000;
          const before = reads.get(name) ?? { reads: 0, emptyReads: 0 };
          reads.set(name, {
            reads: before.reads + seen.reads,
            emptyReads: before.emptyReads + seen.emptyReads,
          });
          return (await views.count(kind)).events / seconds;
        };
        return [{ system: name, run }];
      }),
    );
    rows.push({
      measure: titles[kind],
      unit: 'events/s',
      better: 'higher',
      figures,
      target: TARGETS[kind],
      notes: [...reads].map(
        ([name, { reads, emptyReads }]) =>
          `${name}: ${emptyReads} of ${reads} reads meanwhile found the view empty`,
      ),
    });
  }
  return rows;
}

const titles: Readonly<Record<ViewKind, string>> = {
  headers: 'Rebuild a view that needs no bodies',
  bodies: 'Rebuild a view that opens every body',
};
