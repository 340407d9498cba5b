import { type Clock, LogUnavailable } from '#commands/ports.ts';

/** Says whether the caller still waits: what nobody waits for is not begun. */
export type Ticket = {
  readonly expired: boolean;
  /** Called when the caller has stopped waiting: ends what would otherwise hang for ever. */
  onExpired?: () => void;
};

type Pending = {
  expired: boolean;
  onExpired?: () => void;
  readonly until: number;
  readonly giveUp: () => void;
};

/** How exactly deadlines are kept: one timer looks after all of them. */
const SWEEP_MS = 100;

/**
 * Bounds how many callers wait, and how long. Beyond `most`, and after `ms`, a caller is told
 * `LogUnavailable`; work that has begun goes on and finds its ticket expired.
 */
export function patience(clock: Clock, { ms, most }: { ms: number; most: number }) {
  // In order of arrival, and so in order of deadline.
  const pending = new Set<Pending>();
  let sweeping = false;

  async function sweep(): Promise<void> {
    sweeping = true;
    while (pending.size > 0) {
      await clock.sleep(SWEEP_MS);
      const now = clock.now().getTime();
      for (const one of pending) {
        if (one.until > now) break;
        one.giveUp();
      }
    }
    sweeping = false;
  }

  return async <T>(work: (ticket: Ticket) => Promise<T>): Promise<T> => {
    if (pending.size >= most) throw new LogUnavailable(`${most} are waiting already`);
    return await new Promise<T>((resolve, reject) => {
      const one: Pending = {
        expired: false,
        until: clock.now().getTime() + ms,
        giveUp: () => {
          one.expired = true;
          pending.delete(one);
          one.onExpired?.();
          reject(new LogUnavailable(`no answer within ${ms} ms`));
        },
      };
      pending.add(one);
      if (!sweeping) void sweep();
      void work(one)
        .then(resolve, reject)
        .finally(() => pending.delete(one));
    });
  };
}
