import type { TenantId } from '#domain/ids.ts';
import { partitionOf } from './partition.ts';
import type { Clock, ProjectionStore, LaneStanding } from './ports.ts';
import type { Progress } from './progress.ts';
import type { Projection } from './projection.ts';

/** How often the database is asked about lanes that other processes run. */
const ASK_MS = 20;
/** How long a list of which lanes there are is good for. */
const KNOWN_MS = 1_000;

export type Reached = (
  tenant: TenantId | undefined,
  views: readonly string[],
  position: bigint,
  signal: AbortSignal,
) => Promise<boolean>;

/**
 * Waits until these views hold everything up to `position` for this tenant (`undefined`: for every
 * one); false when `signal` aborts before. What this process runs itself it knows at once; for the
 * rest one question to the database serves everybody who waits.
 */
export function reachedBy(deps: {
  readonly store: Pick<ProjectionStore, 'standings'>;
  readonly clock: Clock;
  readonly projections: readonly Projection[];
  readonly progress: Progress;
}): Reached {
  const { store, clock, projections, progress } = deps;
  let known: readonly LaneStanding[] = [];
  let knownAt = -Infinity;
  let asking: Promise<void> | undefined;

  const ask = (): Promise<void> => {
    asking ??= (async () => {
      try {
        known = await store.standings(projections);
        knownAt = clock.now().getTime();
      } finally {
        asking = undefined;
      }
    })();
    return asking;
  };

  const isReached = (tenant: TenantId | undefined, view: string, position: bigint): boolean => {
    const standings = known.filter(
      ({ lane, registered }) =>
        registered &&
        lane.projection === view &&
        (tenant === undefined || lane.partition === partitionOf(tenant, lane.partitions)),
    );
    return (
      standings.length > 0 &&
      standings.every(({ lane, checkpoint }) => {
        const seen = progress.seen(lane) ?? 0n;
        return seen >= position || checkpoint.position >= position;
      })
    );
  };

  return async (tenant, views, position, signal) => {
    const unknown = views.find((view) => projections.every(({ name }) => name !== view));
    if (unknown !== undefined) throw new Error(`There is no view named ${unknown}.`);
    const behind = () => views.some((view) => !isReached(tenant, view, position));
    if (clock.now().getTime() - knownAt > KNOWN_MS) await ask();
    if (!behind()) return true;
    const waited = progress.want(views, position);
    try {
      while (behind()) {
        if (signal.aborted) return false;
        await moved(signal);
      }
      return true;
    } finally {
      waited();
    }
  };

  /** A lane of this process moved, or it is time to ask about those of others. */
  async function moved(signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const wake = AbortSignal.any([signal, done.signal]);
    const next = Promise.withResolvers<void>();
    const leave = progress.onMove(next.resolve);
    const tick = clock.sleep(ASK_MS, wake).then(() => (wake.aborted ? undefined : ask()));
    tick.then(next.resolve, next.reject);
    try {
      await next.promise;
    } finally {
      leave();
      done.abort(null);
    }
  }
}
