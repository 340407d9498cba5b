import type { Clock } from '#commands/ports.ts';

/** How much may be done in a second, and at once after a pause. */
export type Allowance = { readonly perSecond: number; readonly burst: number };

/** Takes from an allowance; `false` where it is used up. A token bucket. */
export function allowance(
  { perSecond, burst }: Allowance,
  clock: Pick<Clock, 'now'>,
): (amount?: number) => boolean {
  let left = burst;
  let at = clock.now().getTime();
  return (amount = 1) => {
    const now = clock.now().getTime();
    left = Math.min(burst, left + ((now - at) / 1_000) * perSecond);
    at = now;
    if (left < amount) return false;
    left -= amount;
    return true;
  };
}
