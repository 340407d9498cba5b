import type { Progress } from '#api/cli/progress.ts';
import type { EventLog } from '#commands/ports.ts';
import type { StreamName } from '#domain/stream.ts';
import type { Database } from '#infra/postgres/database.ts';
import { type Scratch, withScratch } from '#infra/postgres/projections/scratch.ts';
import { isTransient } from '#infra/postgres/projections/transient.ts';
import { handleAround } from '#projections/batch.ts';
import { itemsOf } from '#projections/items.ts';
import type { OpenEvents } from '#projections/ports.ts';
import type { Projection } from '#projections/projection.ts';
import type { Findings } from './findings.ts';

export type ViewPorts = {
  readonly database: Pick<Database, 'asOwner'>;
  readonly log: EventLog;
  readonly open: OpenEvents;
  readonly findings: Findings;
};

export type CheckedView = {
  readonly name: string;
  readonly position: string;
  readonly parkedStreams: number;
};

const PAGE = 1_000;

/** Builds the view a second time, up to where the one that readers see is, and compares their rows. */
export async function checkView(
  ports: ViewPorts,
  projection: Projection,
  progress: Progress,
): Promise<CheckedView | undefined> {
  const { database, findings } = ports;
  const { name } = projection;
  let checked: CheckedView | undefined;
  const wasServed = await withScratch(database, projection, async (scratch) => {
    const { positions } = scratch.served;
    const parked = new Set<StreamName>();
    for (const { partition, position } of positions) {
      const streams = await build(ports, projection, scratch, partition, position, progress);
      for (const stream of streams) parked.add(stream);
    }
    for (const stream of new Set<string>([...parked, ...scratch.parked])) {
      if (parked.has(stream as StreamName) === scratch.parked.has(stream)) continue;
      findings.add('view', `${name} (${stream})`, 'is parked in the view or in its rebuild alone');
    }
    for (const { table, key, which } of await scratch.differences()) {
      findings.add('view', `${table} ${JSON.stringify(key)}`, `has a row that is ${which}`);
    }
    const least = positions.reduce(
      (low, one) => (one.position < low ? one.position : low),
      2n ** 62n,
    );
    checked = { name, position: String(least), parkedStreams: scratch.parked.size };
  });
  // Before the first server of this version has run there is nothing to read.
  return wasServed ? checked : undefined;
}

/** Answers the streams whose events could not be handled. */
async function build(
  { log, open }: ViewPorts,
  projection: Projection,
  { batch, served }: Scratch,
  partition: number,
  upTo: bigint,
  progress: Progress,
): Promise<ReadonlySet<StreamName>> {
  const lane = { partition, partitions: served.generation.partitions };
  const preparing = { source: log, open, isTransient, projection, lane };
  const forgetful = { ...batch, park: async () => undefined, parkBehind: async () => undefined };
  let parked: ReadonlySet<StreamName> = new Set();
  for (let after = 0n; after < upTo;) {
    const events = await log.readAll({ after, upTo, limit: PAGE });
    const last = events.at(-1);
    if (last === undefined) break;
    const items = await itemsOf(preparing, events, parked);
    parked = await handleAround(projection, forgetful, items, parked, isTransient);
    after = last.position;
    progress.at(Number(after), Number(upTo));
  }
  return parked;
}
