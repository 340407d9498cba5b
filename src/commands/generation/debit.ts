import type { Amount } from '#domain/amount.ts';
import type { AttemptAt, DataOf } from '#domain/generation/events.ts';
import type { ModelError } from '#domain/generation/model-error.ts';
import { costOf, reservedTokens, worstCostOf } from '#domain/price.ts';
import { type Usage, countedByUs } from '#domain/usage.ts';
import type { Candidate } from './candidates.ts';

export const attemptAt = ({ found }: Candidate): AttemptAt => ({
  model: found.model,
  provider: found.provider.id,
  priceVersion: found.price.version,
});

/** Why nobody says what an attempt took. */
type Unknown = 'not-reached' | 'refused' | 'called-off' | 'unclear';

export function whyUnknown(error: ModelError | undefined, { reason }: AbortSignal): Unknown {
  if (error?.kind === 'unreachable') return 'not-reached';
  if (error?.status !== undefined && error.kind !== 'timeout') return 'refused';
  // Whoever kept us waiting until the deadline may have been at work all the time.
  return error?.kind === 'aborted' && reason !== 'deadline' ? 'called-off' : 'unclear';
}

/**
 * What an attempt is debited. A refusal of the provider costs nothing, and is debited as nothing;
 * where nobody knows what it cost, it is the most that it can have cost.
 */
export function debitOf(
  candidate: Candidate,
  attempt: number,
  usage: Usage | undefined,
  why: Unknown,
): DataOf<'BudgetDebited'> | undefined {
  const { found, inputTokens, worst } = candidate;
  const { price } = found.price;
  const at = attemptAt(candidate);
  if (usage !== undefined) {
    const costNanoUsd = Number(costOf(usage, price));
    const amount = { tokens: usage.inputTokens + usage.outputTokens, costNanoUsd };
    return { attempt, at, amount, ...usage };
  }
  switch (why) {
    case 'not-reached':
      return undefined;
    case 'refused':
      return { attempt, at, ...nothingUsed };
    case 'called-off': {
      // Nothing came yet, so no more than the prompt can have been billed.
      const costNanoUsd = Number(worstCostOf(inputTokens, 0, price));
      const { inputTokens: tokens } = reservedTokens(inputTokens, 0);
      return { attempt, at, ...assumed(tokens, { tokens, costNanoUsd }) };
    }
    case 'unclear':
      return { attempt, at, ...assumed(inputTokens, worst) };
  }
}

const nothingUsed = {
  amount: { tokens: 0, costNanoUsd: 0 },
  ...countedByUs({ inputTokens: 0, outputTokens: 0 }),
};

function assumed(inputTokens: number, worst: Amount) {
  const usage = countedByUs({ inputTokens, outputTokens: Math.max(0, worst.tokens - inputTokens) });
  return { amount: worst, ...usage, countedBy: 'assumed' as const };
}
