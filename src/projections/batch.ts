import type { StreamName } from '#domain/stream.ts';
import type { Item } from './items.ts';
import { type Batch, LeaseLost, type ProjectionStore } from './ports.ts';
import type { Projection } from './projection.ts';

/** Handles everything in one go: the usual case. */
export async function handleAll(
  projection: Projection,
  batch: Batch,
  items: readonly Item[],
  parked: ReadonlySet<StreamName>,
): Promise<void> {
  const isParked = ({ trigger }: Item) => parked.has(trigger.header.stream);
  await batch.parkBehind(items.filter(isParked).map(({ trigger }) => trigger));
  const flowing = items.filter((item) => !isParked(item));
  const failed = flowing.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw failed.error;
  const events = flowing.flatMap(({ projected }) => projected);
  if (events.length > 0) await projection.handle(events, batch.tables);
}

/**
 * Handles what can be handled and parks the streams of what cannot, by halving: the log's order is
 * kept, and each failing event is found in a few steps. Answers the streams that were parked.
 */
export async function handleAround(
  projection: Projection,
  batch: Batch,
  items: readonly Item[],
  parked: ReadonlySet<StreamName>,
  isTransient: ProjectionStore['isTransient'],
): Promise<ReadonlySet<StreamName>> {
  const newlyParked = new Set(parked);

  const handle = async (some: readonly Item[]): Promise<void> => {
    const known = new Set(newlyParked);
    try {
      return await batch.attempt(() => handleAll(projection, batch, some, known));
    } catch (error) {
      if (isTransient(error) || error instanceof LeaseLost) throw error;
      const flowing = some.filter(({ trigger }) => !known.has(trigger.header.stream));
      const only = flowing.length === 1 ? flowing[0] : undefined;
      if (only === undefined) {
        const half = Math.ceil(some.length / 2);
        await handle(some.slice(0, half));
        return await handle(some.slice(half));
      }
      await batch.park(only.trigger, error);
      newlyParked.add(only.trigger.header.stream);
      const behind = some.filter((item) => item !== only).map(({ trigger }) => trigger);
      await batch.parkBehind(behind);
    }
  };

  await handle(items);
  return newlyParked;
}
