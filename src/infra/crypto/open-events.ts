import type { Sealer } from '#commands/ports.ts';
import { type Read, readEvent } from '#domain/body.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { eventTypes } from '#domain/event-types.ts';

/** Opens a batch of any streams and tenants, in its order; the keys are fetched in one step. */
export async function openEvents(
  sealer: Pick<Sealer, 'opener'>,
  batch: readonly RecordedEvent[],
  definitions = eventTypes,
): Promise<Read[]> {
  const open = await sealer.opener(batch.map(({ header }) => header));
  return batch.map((recorded) => readEvent(definitions, recorded, open(recorded)));
}
