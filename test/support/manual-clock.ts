import type { Clock } from '#commands/ports.ts';

type Sleeper = { readonly until: number; readonly wake: () => void };

export type ManualClock = Clock & {
  /** Moves time on and wakes whoever slept until then, earliest first. */
  advance(ms: number): Promise<void>;
  /** How many sleep at this moment: lets a test wait until its subject has gone to sleep. */
  readonly sleepers: number;
};

/** Time that passes only when the test says so. */
export function manualClock(start = '2026-01-01T00:00:00.000Z'): ManualClock {
  let now = Date.parse(start);
  const sleepers = new Set<Sleeper>();
  return {
    now: () => new Date(now),
    sleep: async (ms, signal) => {
      if (signal?.aborted === true) return;
      await new Promise<void>((resolve) => {
        const sleeper = { until: now + ms, wake: () => wake() };
        const wake = () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', wake, { once: true });
      });
    },
    advance: async (ms) => {
      const until = now + ms;
      for (;;) {
        const next = [...sleepers]
          .filter((sleeper) => sleeper.until <= until)
          .toSorted((a, b) => a.until - b.until)[0];
        now = Math.max(now, next?.until ?? until);
        if (next === undefined) return;
        next.wake();
        // What was woken runs, and may go to sleep again, before time moves on.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    get sleepers() {
      return sleepers.size;
    },
  };
}
