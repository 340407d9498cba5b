import { z } from 'zod';
import { type EventDefinitions, type EventOf, defineEvent, plain } from '#domain/event.ts';
import { MAX_FIGURE } from './limits.ts';

// Stored for ever: add fields (optional ones), never rename or remove them.

const figure = (what: string) => z.int().min(0).max(MAX_FIGURE).optional().describe(what);

/** What one scope may use, of what the plan leaves. A figure that is not said is no limit; 0 allows nothing. */
export const BudgetLimits = z.object({
  requestsPerMinute: figure('Requests per minute'),
  tokensPerMinute: figure('Tokens per minute'),
  concurrentGenerations: figure('Generations at the same time'),
  tokensPerDay: figure('Tokens per calendar day'),
  tokensPerMonth: figure('Tokens per calendar month'),
  costPerDayNanoUsd: figure('Cost per calendar day, in 1e-9 US dollars'),
  costPerMonthNanoUsd: figure('Cost per calendar month, in 1e-9 US dollars'),
});
export type BudgetLimits = z.infer<typeof BudgetLimits>;

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
  /** All figures of the scope's budget; those that were there before and are not here are gone. */
  BudgetSet: defineEvent({
    kind: 'budget',
    version: 1,
    schema: z.object({ scope: z.string(), limits: BudgetLimits }),
    subject: plain,
  }),
  BudgetRemoved: defineEvent({
    kind: 'budget',
    version: 1,
    schema: z.object({ scope: z.string() }),
    subject: plain,
  }),
} satisfies EventDefinitions;

export type BudgetEvent = EventOf<typeof budgetEvents>;
