import type { Amount, Scope } from '#domain/budget/limits.ts';
import type { Ledger } from './admission.ts';

/** Settled and held in one window, as the counters should have it. */
export function ledgerTotals({ settled, open }: Ledger, window: string): Map<Scope, Amount> {
  const totals = new Map<Scope, Amount>();
  const add = (scope: Scope, { tokens, costNanoUsd }: Amount) => {
    const before = totals.get(scope) ?? { tokens: 0, costNanoUsd: 0 };
    totals.set(scope, {
      tokens: before.tokens + tokens,
      costNanoUsd: before.costNanoUsd + costNanoUsd,
    });
  };
  for (const one of settled) if (one.window === window) add(one.scope, one.amount);
  for (const { windows, scopes, amount } of open) {
    if (windows.day !== window && windows.month !== window) continue;
    for (const scope of scopes) add(scope, amount);
  }
  return totals;
}
