import type { Clock, EventSource, ProjectionStore, LaneStanding } from './ports.ts';
import type { Progress } from './progress.ts';
import type { Projection } from './projection.ts';

/** One that lags and has not moved for so long is stuck, whatever the reason. */
const STALLED_MS = 30_000;

/** One build of one projection, all its partitions together: the one that is furthest behind counts. */
export type ProjectionStanding = {
  readonly name: string;
  readonly version: number;
  readonly generation: number;
  /** `serving` is what readers see, `building` is a rebuild beside it. */
  readonly status: 'serving' | 'building';
  /** It has reached the head of the log at least once, so it may be read. */
  readonly caughtUp: boolean;
  readonly position: bigint;
  /** Events done, and how many there are. */
  readonly events: number;
  readonly ofEvents: number;
  readonly lagEvents: number;
  /** Age of the oldest event that is not handled yet. */
  readonly lagSeconds: number;
  readonly stalled: boolean;
  readonly parkedStreams: number;
};

export type StandingDeps = {
  readonly source: Pick<EventSource, 'readAll' | 'head' | 'count'>;
  readonly store: Pick<ProjectionStore, 'standings'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly projections: readonly Projection[];
  readonly progress: Progress;
};

/** How far every build of every projection of this code has come: for metrics and operators. */
export async function standingsOf(deps: StandingDeps): Promise<ProjectionStanding[]> {
  const { source, store, clock, projections, progress } = deps;
  const lanes = await store.standings(projections);
  const head = await source.head();
  const ofEvents = await countOf(source, lanes);
  const now = clock.now().getTime();
  const ages = new Map<bigint, number>();

  const positionOf = ({ lane, checkpoint }: LaneStanding): bigint => {
    const seen = progress.seen(lane) ?? 0n;
    return seen > checkpoint.position ? seen : checkpoint.position;
  };

  const lagOf = async (position: bigint): Promise<number> => {
    if (position >= head) return 0;
    if (!ages.has(position)) {
      const [next] = await source.readAll({ after: position, limit: 1 });
      ages.set(position, next === undefined ? 0 : now - Date.parse(next.header.recordedAt));
    }
    return Math.max(0, ages.get(position)!) / 1_000;
  };

  const builds = Map.groupBy(lanes, ({ lane }) => lane.schema);
  return await Promise.all(
    [...builds.values()].map(async (partitions) => {
      const last = partitions.toSorted((a, b) =>
        Number(a.checkpoint.ordinal - b.checkpoint.ordinal),
      )[0]!;
      const { lane, checkpoint } = last;
      const positions = partitions.map(positionOf);
      const lagSeconds = Math.max(...(await Promise.all(positions.map(lagOf))));
      const isAtHead = positions.every((position) => position >= head);
      const events = isAtHead ? ofEvents : Number(checkpoint.ordinal);
      return {
        name: lane.projection,
        version: lane.version,
        generation: lane.generation,
        status: last.registered ? ('serving' as const) : ('building' as const),
        caughtUp: partitions.every(({ caughtUp }) => caughtUp),
        position: checkpoint.position,
        events,
        ofEvents,
        lagEvents: Math.max(0, ofEvents - events),
        lagSeconds,
        stalled: lagSeconds * 1_000 > STALLED_MS && now - last.movedAt.getTime() > STALLED_MS,
        parkedStreams: partitions.reduce((sum, { deadLetters }) => sum + deadLetters, 0),
      };
    }),
  );
}

/** Where the log does not count, whoever has come furthest knows how many events there are. */
async function countOf(
  source: StandingDeps['source'],
  lanes: readonly LaneStanding[],
): Promise<number> {
  const furthest = Math.max(0, ...lanes.map(({ checkpoint }) => Number(checkpoint.ordinal)));
  return Math.max(furthest, Number((await source.count?.()) ?? 0n));
}

/** Whether the views of this code's versions may be read. */
export async function readiness(deps: StandingDeps): Promise<
  readonly {
    readonly name: string;
    readonly version: number;
    readonly caughtUp: boolean;
    readonly lagEvents: number;
  }[]
> {
  const standings = await standingsOf(deps);
  return deps.projections.map(({ name, version }) => {
    const served = standings.find((one) => one.name === name && one.status === 'serving');
    return {
      name,
      version,
      caughtUp: served?.caughtUp ?? false,
      lagEvents: served?.lagEvents ?? 0,
    };
  });
}
