/** Use of each hour, oldest first; the last is the hour that ended just now. */
export type Hours = readonly number[];

export const DAY = 24;
export const WEEK = 168;

/**
 * Says how much is used in each of the next `ahead` hours, from at least one hour that was; every
 * answer is as long as `ahead`. One expert is right about one kind of tenant.
 */
export type Expert = (hours: Hours, ahead: number) => readonly number[];

/** The last so many hours over and over. */
const repeated = (hours: Hours, period: number, ahead: number): number[] => {
  const cycle = hours.slice(
    -Math.min(period, Math.floor(hours.length / DAY) * DAY || hours.length),
  );
  return Array.from({ length: ahead }, (_, hour) => cycle[hour % cycle.length] ?? 0);
};

/** What was at this hour yesterday. Also one of the two naive forecasts that ours must beat. */
export const asYesterday: Expert = (hours, ahead) => repeated(hours, DAY, ahead);

/** What was at this hour a week ago; the other naive one. */
export const asLastWeek: Expert = (hours, ahead) => repeated(hours, WEEK, ahead);

/** The mean of the same hour of the last days: for a tenant that has no week yet, or no weekends. */
const asMostDays: Expert = (hours, ahead) => smoothed(hours, DAY, ahead, 0.85);

/** The mean of the same hour of the last weeks, of which the newer count more. */
const asMostWeeks: Expert = (hours, ahead) => smoothed(hours, WEEK, ahead, 0.75);

/** As most weeks, at the level of the last day: growth, and the first day of a holiday. */
const atTodaysLevel: Expert = (hours, ahead) => levelled(hours, ahead, DAY);

/** As most weeks, at the level of the last week. */
const atThisWeeksLevel: Expert = (hours, ahead) => levelled(hours, ahead, WEEK);

export const experts: readonly Expert[] = [
  asYesterday,
  asLastWeek,
  asMostDays,
  asMostWeeks,
  atTodaysLevel,
  atThisWeeksLevel,
];

/** Exponential smoothing of each hour of the period by itself (Holt, 1957); `kept` is how much of the past stays. */
function smoothed(hours: Hours, period: number, ahead: number, kept: number): number[] {
  return Array.from({ length: ahead }, (_, hour) => {
    let [sum, weight] = [0, 0];
    let share = 1;
    for (let at = hours.length - period + (hour % period); at >= 0; at -= period) {
      sum += share * (hours[at] ?? 0);
      weight += share;
      share *= kept;
    }
    if (weight > 0) return sum / weight;
    return period === DAY ? (hours.at(-1) ?? 0) : (asMostDays(hours, hour + 1)[hour] ?? 0);
  });
}

function levelled(hours: Hours, ahead: number, span: number): number[] {
  const expected = asMostWeeks(hours, ahead);
  const before = hours.slice(0, -span);
  if (before.length < span) return [...expected];
  const was = sumOf(hours.slice(-span));
  const wouldHaveBeen = sumOf(asMostWeeks(before, span));
  if (wouldHaveBeen === 0) return [...expected];
  // A single day says less than it seems to.
  const level = Math.min(4, Math.max(0.05, was / wouldHaveBeen));
  return expected.map((value) => value * level);
}

export const sumOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0);
