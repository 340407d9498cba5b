import { z } from 'zod';
import { type EventDefinitions, type EventOf, defineEvent, plain } from '#domain/event.ts';

// Stored for ever: add fields (optional ones), never rename or remove them. Figures and ids only:
// what is told to webhooks must hold nothing of anybody's content.

const budget = {
  scope: z.string(),
  /** Which of the scope's limits: `tokensPerDay`, `costPerMonthNanoUsd` and so on. */
  limit: z.string(),
  /** A day or a month of the calendar on the tenant's wall. */
  window: z.string(),
  /** The figure of the limit, and what was used of it when it was looked at. */
  allowed: z.int().min(0),
  used: z.int().min(0),
};

export const alertEvents = {
  BudgetThresholdReached: defineEvent({
    kind: 'alert',
    version: 1,
    schema: z.object({ ...budget, threshold: z.int().min(1).max(100) }),
    subject: plain,
  }),
  /** At the pace of the weeks before, the window will end above the limit. */
  BudgetBreachProjected: defineEvent({
    kind: 'alert',
    version: 1,
    schema: z.object({
      ...budget,
      /** What the window ends at: as likely too high as too low, and nine times in ten not above. */
      p50: z.int().min(0),
      p90: z.int().min(0),
    }),
    subject: plain,
  }),
} satisfies EventDefinitions;

export type AlertEvent = EventOf<typeof alertEvents>;
