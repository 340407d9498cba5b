import type { Clock } from './ports.ts';

/** The promise's value, or 'due' when the time comes first. */
export async function orDue<T>(
  promise: Promise<T>,
  ms: number | undefined,
  clock: Clock,
  outer: AbortSignal,
): Promise<T | 'due'> {
  if (ms === undefined) return await promise;
  if (ms <= 0) return await Promise.race([promise, Promise.resolve('due' as const)]);
  const timer = new AbortController();
  const signal = AbortSignal.any([outer, timer.signal]);
  try {
    return await Promise.race([promise, clock.sleep(ms, signal).then(() => 'due' as const)]);
  } finally {
    // With a reason, because making the default one takes longer than all the rest.
    timer.abort(null);
  }
}
