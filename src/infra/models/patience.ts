import type { TimeLimits } from '#commands/generation/model-port.ts';
import type { Clock } from '#commands/ports.ts';
import { ModelError } from '#domain/generation/model-error.ts';

/** Ours: those of the client libraries are minutes, and retry. */
export const timeLimits: TimeLimits = { firstPartMs: 30_000, nextPartMs: 20_000 };

export const stricter = (one: TimeLimits, other: TimeLimits = one): TimeLimits => ({
  firstPartMs: Math.min(one.firstPartMs, other.firstPartMs),
  nextPartMs: Math.min(one.nextPartMs, other.nextPartMs),
});

/**
 * Waits for the pieces of one answer: for each as long as it may take, and not a moment longer than
 * the caller does. The time that the caller takes for a piece is not the provider's. One timer for
 * all of them, as an answer has hundreds.
 */
export function patience(
  clock: Pick<Clock, 'now' | 'sleep'>,
  limits: TimeLimits,
  signal: AbortSignal,
) {
  const lost = Promise.withResolvers<never>();
  const over = new AbortController();
  const callOff = () => lost.reject(new ModelError('aborted'));
  signal.addEventListener('abort', callOff, { once: true });
  // Nobody may be waiting when it is lost.
  lost.promise.catch(() => undefined);
  let due = Number.POSITIVE_INFINITY;
  let watching: Promise<void> | undefined;
  const now = () => clock.now().getTime();

  const watch = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const left = due - now();
      if (left <= 0) return lost.reject(new ModelError('timeout'));
      // No longer than the shorter limit, because `due` may come nearer meanwhile.
      await clock.sleep(Math.min(left, limits.nextPartMs), over.signal);
    }
  };

  return {
    wait: async <T>(coming: Promise<T>, hasBegun: boolean): Promise<T> => {
      coming.catch(() => undefined);
      due = now() + (hasBegun ? limits.nextPartMs : limits.firstPartMs);
      watching ??= watch();
      try {
        return await Promise.race([coming, lost.promise]);
      } finally {
        due = Number.POSITIVE_INFINITY;
      }
    },
    end: (): void => {
      signal.removeEventListener('abort', callOff);
      over.abort(null);
    },
  };
}
