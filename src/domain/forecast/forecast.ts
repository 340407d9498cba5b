import { DAY, type Hours, experts, sumOf } from './experts.ts';

/** How the experts are told apart: each was asked so often, about the day that followed. */
const QUESTIONS = 21;
/** What was a day earlier counts so much less. */
const FADES = 0.9;
/** The better one is heard this much more: a power of the ratio of their errors. */
const SHARPNESS = 5;

type Asked = {
  /** By how much each expert was wrong; recent days count most. */
  readonly errors: readonly number[];
  /** What was used in a day, as a multiple of what the combination said; sorted. */
  readonly ratios: readonly number[];
};

/**
 * The use of each of the next `ahead` hours: the experts' answers, each weighted by how wrong it was
 * lately (Bates and Granger, The Combination of Forecasts, 1969).
 */
export function expectedUse(hours: Hours, ahead: number): readonly number[] {
  if (hours.length === 0) return Array.from({ length: ahead }, () => 0);
  return combined(answersTo(hours, ahead), weightsOf(ask(hours).errors));
}

export type Outlook = {
  /** What the window's use ends at, as likely too high as too low; and nine times in ten not above. */
  readonly p50: number;
  readonly p90: number;
  /** Hours from now until the cap is reached at the likely pace; `undefined` when not in the window. */
  readonly exhaustedIn: number | undefined;
};

/**
 * Where a window ends. `settled` is what it has used, `held` what is reserved by generations under
 * way, which will mostly be used; `hoursLeft` is not negative. `hoursGone` is the part of the hour
 * under way that is over, whose use is settled. All in the unit of `hours`.
 */
export function outlookOf(
  hours: Hours,
  {
    settled,
    held,
    hoursLeft,
    hoursGone = 0,
    cap,
  }: {
    readonly settled: number;
    readonly held: number;
    readonly hoursLeft: number;
    readonly hoursGone?: number;
    readonly cap?: number | undefined;
  },
): Outlook {
  const end = hoursGone + hoursLeft;
  const whole = Math.ceil(end);
  const { errors, ratios } = ask(hours);
  const each = hours.length === 0 ? [] : combined(answersTo(hours, whole), weightsOf(errors));
  // Of the first hour only a part is to come, and of the last only a part is in the window.
  const parts = each.map((use, hour): Part => {
    const lasts = Math.min(hour + 1, end) - Math.max(hour, hoursGone);
    return { lasts, use: use * lasts };
  });
  const spent = settled + held;
  const coming = sumOf(parts.map(({ use }) => use));
  const likely = quantile(ratios, 0.5);
  const high = quantile(ratios, 0.9);
  return {
    p50: spent + coming * likely,
    p90: spent + coming * spreadOver(high, hoursLeft),
    exhaustedIn: cap === undefined ? undefined : reached(cap - spent, parts, likely),
  };
}

/** Days that err independently make up for each other; over many days less than over one. */
const spreadOver = (ratio: number, hoursLeft: number): number =>
  1 + (ratio - 1) / Math.sqrt(Math.max(1, hoursLeft / DAY));

/** Of an hour: how much of it, and what is used in that. */
type Part = { readonly lasts: number; readonly use: number };

function reached(room: number, parts: readonly Part[], likely: number): number | undefined {
  if (room <= 0) return 0;
  let [left, passed] = [room, 0];
  for (const { lasts, use } of parts) {
    if (use * likely >= left) return passed + (lasts * left) / (use * likely);
    left -= use * likely;
    passed += lasts;
  }
  return undefined;
}

/** Asks all experts about the days that were, as if they had not been yet. */
function ask(hours: Hours): Asked {
  const errors = experts.map(() => 0);
  const ratios: number[] = [];
  // One day at least stays for the experts to go by.
  const days = Math.min(QUESTIONS, Math.floor(hours.length / DAY) - 1);
  // The oldest first: the combination of each day goes by what was known before it.
  for (let day = days; day >= 1; day--) {
    const before = hours.slice(0, hours.length - day * DAY);
    const was = hours.slice(before.length, before.length + DAY);
    const answers = answersTo(before, DAY);
    const expectation = sumOf(combined(answers, weightsOf(errors)));
    if (expectation > 0) ratios.push(sumOf(was) / expectation);
    for (const [index, said] of answers.entries()) {
      errors[index] = errors[index]! * FADES + wrongBy(said, was);
    }
  }
  return { errors, ratios: ratios.toSorted((a, b) => a - b) };
}

/** Hour by hour, and in the day as a whole, which is what budgets are about. */
function wrongBy(said: readonly number[], was: readonly number[]): number {
  const hourly = sumOf(was.map((value, hour) => Math.abs(value - (said[hour] ?? 0))));
  return hourly / 2 + Math.abs(sumOf(was) - sumOf(said));
}

function weightsOf(errors: readonly number[]): readonly number[] {
  const least = Math.min(...errors.filter((error) => error > 0));
  const heard = errors.map((error) =>
    Number.isFinite(least) ? (least / Math.max(error, least)) ** SHARPNESS : 1,
  );
  const all = sumOf(heard);
  return heard.map((one) => one / all);
}

type Answers = readonly (readonly number[])[];

/** Each expert's, in their order. */
const answersTo = (hours: Hours, ahead: number): Answers =>
  experts.map((expert) => expert(hours, ahead));

const combined = (answers: Answers, weights: readonly number[]): readonly number[] =>
  answers[0]!.map((_, hour) =>
    sumOf(answers.map((answer, index) => answer[hour]! * weights[index]!)),
  );

function quantile(sorted: readonly number[], part: number): number {
  if (sorted.length === 0) return 1;
  const at = part * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}
