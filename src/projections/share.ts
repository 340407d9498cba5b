import type { Clock } from './ports.ts';

/** A lane that was left is not asked for again so soon: whoever is to have it looks less often. */
const REST_MS = 5_000;
/** A lane that nobody wanted comes back, and is not left again for a while. */
const KEEP_MS = 60_000;

/**
 * Which lanes a process leaves to others: what it holds beyond its share of all. A process that
 * starts later would have none otherwise, for as long as the first one lives.
 */
export function share(clock: Pick<Clock, 'now'>) {
  const leftAt = new Map<string, number>();
  const since = (lane: string) => clock.now().getTime() - (leftAt.get(lane) ?? -Infinity);
  return {
    /** The lanes to leave now, of those that are held. */
    surplus: (held: readonly string[], lanes: number, owners: number): readonly string[] => {
      const fair = Math.ceil(lanes / Math.max(1, owners));
      const left = held
        .toSorted()
        .slice(fair)
        .filter((lane) => since(lane) > KEEP_MS);
      for (const lane of left) leftAt.set(lane, clock.now().getTime());
      return left;
    },
    isResting: (lane: string): boolean => since(lane) < REST_MS,
  };
}
