import { z } from 'zod';
import { type EventDefinitions, type EventOf, defineEvent, plain } from '#domain/event.ts';

// Stored for ever: add fields (optional ones), never rename or remove them.

export const budgetEvents = {
  /** The counters are built anew from here: a hold that is logged later with an older epoch counts nothing. */
  EpochBegan: defineEvent({
    kind: 'budget',
    version: 1,
    schema: z.object({
      epoch: z.string(),
      /** The last one when the counters were closed; '' before the first. */
      after: z.string(),
    }),
    subject: plain,
  }),
} satisfies EventDefinitions;

export type BudgetEvent = EventOf<typeof budgetEvents>;
