import { LRUCache } from 'lru-cache';
import type { Clock } from '#commands/ports.ts';

/** One more under this name: how many there are in its window, and how long that lasts. */
export type CountAddress = (
  name: string,
  windowMs: number,
) => Promise<{ readonly current: number; readonly ttlMs: number }>;

/** More addresses than this at once, and those longest unseen begin anew. */
const MOST_NAMES = 50_000;

/** What came to this process. */
export function memoryAddressCounts(clock: Pick<Clock, 'now'>): CountAddress {
  const counted = new LRUCache<string, { count: number; readonly endsAt: number }>({
    max: MOST_NAMES,
  });
  return async (name, windowMs) => {
    const now = clock.now().getTime();
    let window = counted.get(name);
    if (window === undefined || window.endsAt <= now) {
      window = { count: 0, endsAt: now + windowMs };
      counted.set(name, window);
    }
    window.count += 1;
    return { current: window.count, ttlMs: window.endsAt - now };
  };
}
