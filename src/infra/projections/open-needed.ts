import type { Sealer } from '#commands/ports.ts';
import { eventTypes } from '#domain/event-types.ts';
import { openEvents } from '#infra/crypto/open-events.ts';
import type { OpenEvents } from '#projections/ports.ts';

/** Opens for projections: only what they ask for, because opening costs more than folding. */
export const openNeeded =
  (sealer: Pick<Sealer, 'opener'>, definitions = eventTypes): OpenEvents =>
  async (events, needs) => {
    const bodies = events.filter(({ header }) => needs(header.type) === 'body');
    const opened = bodies.length === 0 ? [] : await openEvents(sealer, bodies, definitions);
    let next = 0;
    return events.flatMap(({ header, position }) => {
      const need = needs(header.type);
      if (need === 'nothing') return [];
      if (need === 'body') return [opened[next++]!.event];
      return [{ type: header.type, header, position }];
    });
  };
