import { Rejected } from '#domain/rejected.ts';
import { type Principal, assertMay } from '#domain/rights.ts';
import type { DataOf, GenerationEvent, Spent } from './events.ts';
import type { Generation } from './state.ts';

/** What an attempt really came to, from the provider's invoice; or nothing, where it is waived. */
export type AdjustBudget = {
  readonly type: 'AdjustBudget';
  readonly attempt: number;
  readonly amount: Spent;
  readonly reason: DataOf<'BudgetAdjusted'>['reason'];
};

/** Only of what has ended: until then the hold stands for what may still be debited. */
export function adjustBudget(
  { attempt, amount, reason }: AdjustBudget,
  state: Generation,
  principal: Principal,
): GenerationEvent[] {
  assertMay(principal, 'generation.adjust');
  if (state.status === 'missing' || state.status === 'abandoned') {
    throw new Rejected('generation/not-found');
  }
  if (state.status === 'open') throw new Rejected('generation/under-way');
  const debit = state.debits.get(attempt);
  if (debit === undefined) throw new Rejected('generation/not-debited');
  const was = debit.amount;
  if (was.tokens === amount.tokens && was.costNanoUsd === amount.costNanoUsd) return [];
  return [{ type: 'BudgetAdjusted', data: { attempt, was, amount, reason } }];
}
