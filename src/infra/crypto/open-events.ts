import type { Sealer } from '#commands/ports.ts';
import { type Read, readEvent } from '#domain/body.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { eventTypes } from '#domain/event-types.ts';
import { takingTurns } from '#infra/system/taking-turns.ts';
import type { OpenEvents } from '#projections/ports.ts';
import type { ProjectedEvent } from '#projections/projection.ts';

type Opens = Pick<Sealer, 'opener'>;

/** Opens events of any streams and tenants, in their order; the keys are fetched in one step. */
export async function openEvents(
  sealer: Opens,
  events: readonly RecordedEvent[],
  definitions = eventTypes,
): Promise<Read[]> {
  const open = await sealer.opener(events.map(({ header }) => header));
  return events.map((recorded) => readEvent(definitions, recorded, open(recorded)));
}

/** What projections open with: only the bodies they need, and only the keys of those. */
export function projectionOpener(sealer: Opens, definitions = eventTypes): OpenEvents {
  // A key answers the same bytes for an event that it knows, so several views read it once.
  const reads = new WeakMap<Uint8Array, ProjectedEvent>();
  const readOnce = (recorded: RecordedEvent, plain: Uint8Array | undefined): ProjectedEvent => {
    const known = plain && reads.get(plain);
    if (known) return known;
    const { event } = readEvent(definitions, recorded, plain);
    if (plain) reads.set(plain, event);
    return event;
  };
  return async (events, needs) => {
    const bodies = events.filter(({ header }) => needs(header.type) === 'body');
    const open = await sealer.opener(bodies.map(({ header }) => header));
    const othersWereServed = takingTurns();
    const opened: ProjectedEvent[] = [];
    for (const recorded of events) {
      const { header, position } = recorded;
      switch (needs(header.type)) {
        case 'nothing':
          break;
        case 'header':
          opened.push({ type: header.type, header, position });
          break;
        case 'body':
          opened.push(readOnce(recorded, open(recorded)));
          await othersWereServed();
      }
    }
    return opened;
  };
}
