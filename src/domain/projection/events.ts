import { z } from 'zod';
import { type EventDefinitions, type EventOf, defineEvent, plain } from '#domain/event.ts';

/** Stored for ever: add fields, never rename or remove them. */
export const projectionEvents = {
  /** Events that a projection could not take were given up: from here on its rows lack them. */
  DeadLettersDropped: defineEvent({
    kind: 'projection',
    version: 1,
    schema: z.object({
      projection: z.string(),
      /** The stream whose events were given up. */
      stream: z.string(),
      count: z.int().positive(),
      reason: z.string().optional(),
    }),
    subject: plain,
  }),
} satisfies EventDefinitions;

export type ProjectionEvent = EventOf<typeof projectionEvents>;
