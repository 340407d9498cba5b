import type { EventDefinitions } from './event.ts';
import { projectionEvents } from './projection/events.ts';

/** The events of every slice; a type's name is unique over all of them. */
export const slices: readonly EventDefinitions[] = [projectionEvents];

/** Every type of event there is. */
export const eventTypes: EventDefinitions = Object.assign({}, ...slices);
