import type { Sealer } from '#commands/ports.ts';
import { type Read, readEvent } from '#domain/body.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { eventTypes } from '#domain/event-types.ts';
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
  return async (events, needs) => {
    const bodies = events.filter(({ header }) => needs(header.type) === 'body');
    const open = await sealer.opener(bodies.map(({ header }) => header));
    return events.flatMap((recorded): ProjectedEvent[] => {
      const { header, position } = recorded;
      switch (needs(header.type)) {
        case 'nothing':
          return [];
        case 'header':
          return [{ type: header.type, header, position }];
        case 'body':
          return [readEvent(definitions, recorded, open(recorded)).event];
      }
    });
  };
}
