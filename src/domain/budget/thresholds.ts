/** Percent of a budget at which one alert each is raised per window. */
export const thresholds = [50, 80, 90, 100] as const;
export type Threshold = (typeof thresholds)[number];

/**
 * Those that the use of a budget has reached; none of one that allows nothing. Products are taken
 * as BigInt, because a hundred times a large budget is no exact double.
 */
export function thresholdsReached(limit: number, used: number): Threshold[] {
  if (limit === 0) return [];
  return thresholds.filter((percent) => BigInt(used) * 100n >= BigInt(limit) * BigInt(percent));
}
