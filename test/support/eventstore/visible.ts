import type { Stored } from './database.ts';

/** What makes a server hide events of a stream. */
export type Settings = {
  readonly $tb?: number;
  readonly $maxCount?: number;
  readonly $maxAge?: number;
};

export function visible(
  events: readonly Stored[],
  { $tb, $maxCount, $maxAge }: Settings,
): readonly Stored[] {
  if ($tb === undefined && $maxCount === undefined && $maxAge === undefined) return events;
  const last = events.at(-1)?.revision ?? 0n;
  const oldest = $maxAge === undefined ? 0 : Date.now() - $maxAge * 1_000;
  return events.filter(
    ({ revision, created }) =>
      revision >= BigInt($tb ?? 0) &&
      ($maxCount === undefined || revision > last - BigInt($maxCount)) &&
      Number(created / 10_000n) >= oldest,
  );
}
