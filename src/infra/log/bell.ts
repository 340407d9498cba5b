/** Wakes those who wait for new events, without losing a ring that comes while they read. */
export type Bell = {
  /** Counts the rings: taken before a read, it tells whether one came since. */
  readonly rings: number;
  ring(): void;
  /** Resolves when it has rung since `rings` was `since`, or when `signal` aborts. */
  next(since: number, signal: AbortSignal): Promise<void>;
};

export function bell(): Bell {
  let rings = 0;
  const waiting = new Set<() => void>();
  return {
    get rings() {
      return rings;
    },
    ring: () => {
      rings += 1;
      for (const wake of waiting) wake();
    },
    next: async (since, signal) => {
      if (rings !== since || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    },
  };
}
