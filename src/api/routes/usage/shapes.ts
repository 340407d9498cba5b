import { z } from 'zod';
import { pageOf, pageQuery } from '#api/cursor.ts';
import { Problem } from '#api/problem.ts';
import { ApiKeyId, DocumentId, MemberId, ModelId } from '#domain/ids.ts';
import { type Principal, reachOf } from '#domain/rights.ts';
import { usageOutcomes } from '#projections/usage/generation-use.ts';
import type { ChosenUsage, UsageBy, UsageItem, Use } from '#projections/usage/usage-by.ts';
import { usageBys } from '#projections/usage/usage-by.ts';

const HOUR_MS = 3_600_000;

/** Postgres has no year 0, and BC is nobody's use. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');

const Bound = z
  .union(
    [
      z.iso.date(),
      z.iso.datetime({ offset: true }).refine((text) => {
        const ms = Date.parse(text);
        return ms % HOUR_MS === 0 && ms >= FIRST_MS;
      }),
    ],
    'a day, or an instant that is a whole hour of UTC',
  )
  .optional();

/** What use is cut down to. */
export const chosen = {
  from: Bound.describe(
    'From this day on, in the calendar of the tenant’s time zone, or from this instant, a whole hour of UTC.',
  ),
  to: Bound.describe('Until before this day or instant; both bounds are of the same kind.'),
  member: MemberId.optional().describe('Only of this member'),
  model: ModelId.optional().describe('Only at this model'),
  document: DocumentId.optional().describe('Only for this document'),
  key: ApiKeyId.optional().describe('Only with this API key'),
  outcome: z.enum(usageOutcomes).optional().describe('Only what came to this'),
  label: z
    .string()
    .regex(/^[^\p{Cc}]{1,200}$/u)
    .optional()
    .describe('Only under this label'),
};

const ChosenQuery = z.object(chosen);

export const ByQuery = z.strictObject({
  by: z.enum(usageBys as [UsageBy, ...UsageBy[]]).default('day'),
  ...chosen,
  ...pageQuery,
});

/** What this query is about, and no more than the reader may see. */
export function chosenFrom(query: z.infer<typeof ChosenQuery>, principal: Principal): ChosenUsage {
  const { from, to, member, model, document, key, outcome, label } = query;
  const own = reachOf(principal, 'usage.read') === 'all' ? undefined : principal.member;
  const of = kindOfBounds(from, to);
  return { of, from, to, own, member, model, document, key, outcome, label };
}

function kindOfBounds(from: string | undefined, to: string | undefined): ChosenUsage['of'] {
  const kinds = new Set([from, to].flatMap((text) => (text === undefined ? [] : [kindOf(text)])));
  if (kinds.size > 1) {
    const message = 'a day where `from` is one, an instant where that is one';
    throw new Problem('request/invalid', { errors: [{ in: 'query', path: 'to', message }] });
  }
  return [...kinds][0] ?? 'day';
}

const kindOf = (text: string): ChosenUsage['of'] => (text.includes('T') ? 'hour' : 'day');

const UseShown = z.object({
  attempts: z.int().describe('Attempts that reached a provider; each is debited once'),
  tokens: z.int().describe('As budgets count them'),
  inputTokens: z.int().describe('With those of the cache'),
  cacheReadTokens: z.int(),
  cacheWriteTokens: z.int(),
  outputTokens: z.int().describe('With reasoning'),
  reasoningTokens: z.int(),
  costNanoUsd: z.string().describe('In 1e-9 US dollars; digits, as sums can be above 2^53'),
  assumedAttempts: z.int().describe('Of these nobody knows; they count at the most they can cost'),
  assumedCostNanoUsd: z.string(),
});

export const UsageShown = pageOf(
  UseShown.extend({
    value: z
      .string()
      .nullable()
      .describe('The day, hour, member and so on; null is what has none, or none that is known'),
  }),
).extend({
  by: z.string(),
  totals: UseShown.describe('Of all that was asked for. Labels by themselves add up to more'),
});

export const itemOf = ({ value, ...use }: UsageItem) => ({ value: value || null, ...useOf(use) });

export const useOf = (use: Use): z.infer<typeof UseShown> => ({
  attempts: Number(use.attempts),
  tokens: Number(use.tokens),
  inputTokens: Number(use.input_tokens),
  cacheReadTokens: Number(use.cache_read_tokens),
  cacheWriteTokens: Number(use.cache_write_tokens),
  outputTokens: Number(use.output_tokens),
  reasoningTokens: Number(use.reasoning_tokens),
  costNanoUsd: use.cost_nano_usd,
  assumedAttempts: Number(use.assumed_attempts),
  assumedCostNanoUsd: use.assumed_cost_nano_usd,
});
