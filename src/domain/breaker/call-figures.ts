import type { CallHealth } from './breaker.ts';

/** Calls are counted by slices of time, so that old ones are forgotten a slice at a time. */
export const CALL_SLICE_MS = 60_000;
export const CALL_SLICES = 5;

/** Times of answers are counted up to these bounds, so that a busy model costs no memory per call. */
const boundsMs = [
  100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 7_500, 10_000, 15_000, 20_000, 30_000,
  45_000, 60_000, 90_000, 120_000,
];

export type ModelCall = { readonly health: CallHealth; readonly tookMs: number };

export type CallFigures = {
  /** That say something about the model. */
  readonly calls: number;
  readonly failed: number;
  /** Of those that succeeded: at most this long, by the next bound; none above the last bound. */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
};

const timeAt = (bound: number) => `took${bound}`;

/** The counters that a call belongs to. */
export function countersOf({ health, tookMs }: ModelCall): readonly string[] {
  if (health !== 'succeeded') return [health];
  const bound = boundsMs.findIndex((ms) => tookMs <= ms);
  return ['succeeded', timeAt(bound === -1 ? boundsMs.length : bound)];
}

/** The slices that are not forgotten yet, the newest first. */
export const callSlicesAt = (now: number): readonly number[] => {
  const newest = Math.floor(now / CALL_SLICE_MS);
  return Array.from({ length: CALL_SLICES }, (_, ago) => newest - ago);
};

export function figuresOf(count: (counter: string) => number): CallFigures {
  const succeeded = count('succeeded');
  const failed = count('failed');
  const within = (share: number): number | undefined => {
    let seen = 0;
    return boundsMs.find((_, bound) => {
      seen += count(timeAt(bound));
      return seen > 0 && seen >= succeeded * share;
    });
  };
  return { calls: succeeded + failed, failed, p50Ms: within(0.5), p95Ms: within(0.95) };
}
