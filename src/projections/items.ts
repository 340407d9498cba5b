import type { RecordedEvent } from '#domain/event.ts';
import type { StreamName } from '#domain/stream.ts';
import { partitionOf } from './partition.ts';
import type { EventSource, Lane, OpenEvents, ProjectionStore } from './ports.ts';
import type { ProjectedEvent, Projection } from './projection.ts';

/**
 * What takes effect at once: one event, or all events of a command that came in several appends,
 * which take effect with the last. `error` says that it could not even be opened.
 */
export type Item = {
  readonly trigger: RecordedEvent;
  readonly projected: readonly ProjectedEvent[];
  readonly error?: unknown;
};

export type Preparing = {
  readonly source: Pick<EventSource, 'readStream'>;
  readonly open: OpenEvents;
  readonly isTransient: ProjectionStore['isTransient'];
  readonly projection: Projection;
  readonly lane: Pick<Lane, 'partition' | 'partitions'>;
};

/**
 * Whether the lane may have something to do when this event comes. The last of several parts stands
 * for all of them.
 */
export function concerns(
  { projection, lane }: Pick<Preparing, 'projection' | 'lane'>,
  { header }: RecordedEvent,
): boolean {
  if (partitionOf(header.tenant, lane.partitions) !== lane.partition) return false;
  if (header.unfinished === true) return false;
  return (header.parts ?? 0) > 0 || projection.needs(header.type) !== 'nothing';
}

/** What of these events is the lane's business, opened. Streams in `parked` are left unopened. */
export async function itemsOf(
  preparing: Preparing,
  events: readonly RecordedEvent[],
  parked: ReadonlySet<StreamName>,
): Promise<Item[]> {
  const { projection, lane } = preparing;
  const groups: RecordedEvent[][] = [];
  for (const event of events) {
    if (!concerns({ projection, lane }, event)) continue;
    const { parts = 0 } = event.header;
    const earlier = parts === 0 ? [] : await earlierParts(preparing.source, event, parts);
    groups.push([...earlier, event]);
  }
  const waiting = (group: RecordedEvent[]) => parked.has(last(group).header.stream);
  const opened = await openGroups(
    preparing,
    groups.filter((group) => !waiting(group)),
  );
  if (parked.size === 0) return opened;
  const items = new Map(opened.map((item) => [item.trigger, item]));
  return groups.flatMap((group) => {
    const trigger = last(group);
    const item = waiting(group) ? { trigger, projected: [] } : items.get(trigger);
    return item === undefined ? [] : [item];
  });
}

async function openGroups(preparing: Preparing, groups: RecordedEvent[][]): Promise<Item[]> {
  if (groups.length === 0) return [];
  const { open, projection, isTransient } = preparing;
  try {
    const opened = await open(groups.flat(), projection.needs);
    const byPosition = new Map(opened.map((event) => [event.position, event]));
    return groups.flatMap((group) => {
      const projected = group.flatMap(({ position }) => byPosition.get(position) ?? []);
      return projected.length === 0 ? [] : [{ trigger: last(group), projected }];
    });
  } catch (error) {
    if (isTransient(error)) throw error;
    if (groups.length === 1) return [{ trigger: last(groups.flat()), projected: [], error }];
    // One body that cannot be opened must not hold up the others.
    const half = Math.ceil(groups.length / 2);
    return [
      ...(await openGroups(preparing, groups.slice(0, half))),
      ...(await openGroups(preparing, groups.slice(half))),
    ];
  }
}

/** The events of the same command that came before its last one, in appends of their own. */
async function earlierParts(
  source: Preparing['source'],
  { header }: RecordedEvent,
  parts: number,
): Promise<RecordedEvent[]> {
  const from = Math.max(0, header.revision - parts);
  const limit = header.revision - from;
  const before = await source.readStream(header.stream, { from, direction: 'forward', limit });
  // As the command path counts them: another command in between makes what was cut off void.
  const cut = before.findLastIndex(
    (event) => event.header.commandId !== header.commandId || event.header.unfinished !== true,
  );
  return before.slice(cut + 1);
}

const last = (group: readonly RecordedEvent[]): RecordedEvent => group.at(-1)!;
