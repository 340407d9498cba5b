/** Percent of a budget at which one alert each is raised per window. */
export const thresholds = [50, 80, 90, 100] as const;
export type Threshold = (typeof thresholds)[number];

/**
 * Those that the use of a budget reaches on its way from `before` to `after`. Products are taken
 * as BigInt, because a hundred times a large budget is no exact double.
 */
export function crossed(limit: number, before: number, after: number): Threshold[] {
  if (limit === 0) return [];
  const reaches = (used: number, percent: Threshold) =>
    BigInt(used) * 100n >= BigInt(limit) * BigInt(percent);
  return thresholds.filter((percent) => !reaches(before, percent) && reaches(after, percent));
}
