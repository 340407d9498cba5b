import type { Amount } from '#domain/amount.ts';
import {
  type BudgetName,
  type Limits,
  MAX_FIGURE,
  budgetNames,
  budgets,
} from '#domain/budget/limits.ts';
import type { Period, Windows } from '#domain/budget/windows.ts';
import { outlookOf } from '#domain/forecast/forecast.ts';

const HOUR_MS = 3_600_000;

/** What of one window is used, and what generations under way may still use. */
export type WindowUse = { readonly settled: Amount; readonly held: Amount };

/** What a forecast goes by. */
export type UsedSoFar = {
  /** Each UTC hour since the first with use; the last is the one before that of now. */
  readonly hours: readonly Amount[];
  readonly windows: Readonly<Record<Period, WindowUse>>;
};

/** Where one budget's window ends. Figures are whole, in tokens or nano-dollars as its name says. */
export type BudgetOutlook = {
  readonly budget: BudgetName;
  readonly window: string;
  readonly endsAt: Date;
  /** `null` is no limit. */
  readonly limit: number | null;
  readonly settled: number;
  readonly held: number;
  readonly p50: number;
  readonly p90: number;
  /** `null`: not in this window, at the likely pace. */
  readonly exhaustedAt: Date | null;
};

/** What an alert on a projected breach and the forecast view both say. */
export function budgetOutlooks(
  { hours, windows: used }: UsedSoFar,
  {
    now,
    windows,
    limits,
  }: { readonly now: Date; readonly windows: Windows; readonly limits: Limits },
): readonly BudgetOutlook[] {
  const hoursGone = (now.getTime() % HOUR_MS) / HOUR_MS;
  return budgetNames.map((budget) => {
    const { of, per } = budgets[budget];
    const { id, endsAt } = windows[per];
    const limit = limits[budget] ?? null;
    const [settled, held] = [used[per].settled[of], used[per].held[of]];
    const hoursLeft = Math.max(0, endsAt - now.getTime()) / HOUR_MS;
    const { p50, p90, exhaustedIn } = outlookOf(
      hours.map((amount) => amount[of]),
      { settled, held, hoursLeft, hoursGone, cap: limit ?? undefined },
    );
    return {
      budget,
      window: id,
      endsAt: new Date(endsAt),
      limit,
      settled,
      held,
      p50: whole(p50),
      p90: Math.max(whole(p50), whole(p90)),
      exhaustedAt:
        exhaustedIn === undefined
          ? null
          : new Date(Math.min(endsAt, now.getTime() + Math.ceil(exhaustedIn * HOUR_MS))),
    };
  });
}

/** A forecast is no sum: what is beyond all that is counted is told as that. */
const whole = (figure: number): number => Math.min(MAX_FIGURE, Math.round(figure));
