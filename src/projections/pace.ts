import type { Checkpoint, Clock } from './ports.ts';
import type { LocalProgress } from './progress.ts';
import type { Projection } from './projection.ts';

/** So many batches are taken one after the other first: a few edits are nobody's typing. */
const AT_ONCE = 5;
/** A lane that rests at all works a tenth of its time at most, unless that were more than four times its rest. */
const RESTS_FOR_WORK = 9;
const MOST_RESTS = 3;

type Taken = { readonly live: boolean; readonly to: Checkpoint };

/**
 * Lets a lane rest between its batches, unless somebody waits for what it has not taken yet: a leaky
 * bucket as a virtual schedule (GCRA, ITU-T I.371).
 */
export function pace(deps: {
  readonly projection: Projection;
  readonly clock: Clock;
  readonly progress: LocalProgress;
}) {
  const { projection, clock, progress } = deps;
  const { name, restMs = 0 } = projection;
  let taken = 0n;
  /** When the lane would be here, had it rested after every batch. */
  let due = -Infinity;
  const ahead = AT_ONCE * restMs;

  return {
    took: ({ live, to }: Taken) => {
      taken = to.position;
      const now = clock.now().getTime();
      // Never further ahead: what somebody waited for must not be rested for afterwards.
      due = live ? Math.min(Math.max(due, now), now + ahead) + restMs : -Infinity;
    },
    /** So long a batch has taken: the more there is to do at once, the less often it is done. */
    worked: (ms: number) => {
      due += Math.min(RESTS_FOR_WORK * ms, MOST_RESTS * restMs);
    },
    rest: async (signal: AbortSignal): Promise<void> => {
      while (!signal.aborted && !progress.isWanted(name, taken)) {
        const ms = due - ahead - clock.now().getTime();
        if (ms <= 0) return;
        const woken = new AbortController();
        const leave = progress.onWish(() => woken.abort(null));
        await clock.sleep(ms, AbortSignal.any([signal, woken.signal]));
        leave();
      }
    },
  };
}
