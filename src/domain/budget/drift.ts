import type { Amount } from '#domain/amount.ts';
import type { Scope } from './limits.ts';

type Totals = ReadonlyMap<Scope, Amount>;

/** What the counters of one window hold beyond the log, or (negative) lack, by scope. */
export type Drift = Amount & { readonly window: string; readonly scope: Scope };

export function driftOf(window: string, counted: Totals, logged: Totals): Drift[] {
  const difference = (scope: Scope, of: keyof Amount) =>
    (counted.get(scope)?.[of] ?? 0) - (logged.get(scope)?.[of] ?? 0);
  return [...new Set([...counted.keys(), ...logged.keys()])]
    .map((scope) => ({
      window,
      scope,
      tokens: difference(scope, 'tokens'),
      costNanoUsd: difference(scope, 'costNanoUsd'),
    }))
    .filter(({ tokens, costNanoUsd }) => tokens !== 0 || costNanoUsd !== 0);
}
