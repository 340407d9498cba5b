import type { ScopeUsage } from '#commands/admission.ts';
import { type Amount, plus, zero } from '#domain/amount.ts';
import { COUNTERS_KEPT_MS } from '#domain/budget/kept.ts';
import type { Scope } from '#domain/budget/limits.ts';
import type { Period } from '#domain/budget/windows.ts';

type Sums = { settled: Amount; held: Amount };
export type WindowIds = Readonly<Record<Period, string>>;

const unused: Sums = { settled: zero, held: zero };

/** What was settled and what is held, by window and scope. */
export function countedWindows() {
  const windows = new Map<string, { usedAt: number; readonly scopes: Map<Scope, Sums> }>();

  const at = (window: string, scope: Scope): Sums =>
    windows.get(window)?.scopes.get(scope) ?? unused;

  const add = (window: string, scope: Scope, change: Partial<Sums>, now: number) => {
    let counted = windows.get(window);
    if (counted === undefined) {
      for (const [id, { usedAt }] of windows) {
        if (usedAt < now - COUNTERS_KEPT_MS) windows.delete(id);
      }
      counted = { usedAt: now, scopes: new Map() };
      windows.set(window, counted);
    }
    counted.usedAt = now;
    const { settled, held } = at(window, scope);
    counted.scopes.set(scope, {
      settled: plus(settled, change.settled ?? zero),
      held: plus(held, change.held ?? zero),
    });
  };

  return {
    add,
    addToBoth: (ids: WindowIds, scopes: readonly Scope[], change: Partial<Sums>, now: number) => {
      for (const scope of scopes) {
        add(ids.day, scope, change, now);
        add(ids.month, scope, change, now);
      }
    },
    standing: ({ day, month }: WindowIds, scope: Scope): Omit<ScopeUsage, 'open'> => {
      const [ofDay, ofMonth] = [at(day, scope), at(month, scope)];
      return {
        settled: { day: ofDay.settled, month: ofMonth.settled },
        held: { day: ofDay.held, month: ofMonth.held },
      };
    },
    /** Settled and held together. */
    totals: (window: string): ReadonlyMap<Scope, Amount> =>
      new Map(
        [...(windows.get(window)?.scopes ?? [])].map(([scope, { settled, held }]) => [
          scope,
          plus(settled, held),
        ]),
      ),
  };
}
