import { z } from 'zod';
import { type EventOf, defineEvent, plain } from '#domain/event.ts';
import { PlanId } from '#domain/ids.ts';

// Stored for ever: add fields (optional ones), never rename or remove them.

/** `null` is no limit; 0 allows nothing. */
const limit = (what: string) => z.int().min(0).nullable().describe(`${what}; null: no limit`);
const slugs = z.array(z.string().regex(/^[a-z0-9*][a-z0-9.*:/-]{0,99}$/)).max(100);

/** What a subscription gives. Money is integers of nano-dollars, because sums of floats drift. */
export const PlanFigures = z.object({
  requestsPerMinute: limit('Requests per minute'),
  tokensPerMinute: limit('Tokens per minute'),
  concurrentGenerations: limit('Generations at the same time'),
  tokensPerDay: limit('Tokens per calendar day'),
  tokensPerMonth: limit('Tokens per calendar month'),
  costPerDayNanoUsd: limit('Cost per calendar day, in 1e-9 US dollars'),
  costPerMonthNanoUsd: limit('Cost per calendar month, in 1e-9 US dollars'),
  members: limit('Members that are not deactivated'),
  retentionDays: limit('Days for which deleted content is kept'),
  models: slugs.describe('Models that may be used; `*` is every model'),
  features: slugs.describe('Names of the features that are switched on'),
});
export type PlanFigures = z.infer<typeof PlanFigures>;

export const PlanName = z.string().trim().min(1).max(100);

export const planEvents = {
  PlanPublished: defineEvent({
    kind: 'plan',
    version: 1,
    schema: z.object({
      planId: PlanId,
      /** Counts from 1. */
      version: z.int().min(1),
      name: PlanName,
      figures: PlanFigures,
    }),
    subject: plain,
  }),
};

export type PlanEvent = EventOf<typeof planEvents>;
