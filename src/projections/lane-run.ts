import type { StreamName } from '#domain/stream.ts';
import { handleAll, handleAround } from './batch.ts';
import type { Follower, OnError } from './follower.ts';
import { lazyMomentAfter } from './lazy-moments.ts';
import type { Gate } from './gate.ts';
import type { Item } from './items.ts';
import type { LocalProgress } from './progress.ts';
import type { Projection } from './projection.ts';
import {
  type Checkpoint,
  type Clock,
  type EventSource,
  type Lane,
  type Lease,
  LeaseLost,
  type Move,
  type OpenEvents,
  type ProjectionStore,
} from './ports.ts';

/**
 * After so many events that are nobody's business the checkpoint follows without waiting for the
 * next lazy moment.
 */
const LAZY_EVENTS = 20_000n;

export type LaneDeps = {
  readonly source: EventSource;
  readonly open: OpenEvents;
  readonly store: ProjectionStore;
  readonly clock: Clock;
  readonly projection: Projection;
  readonly flow: Follower;
  readonly progress: LocalProgress;
  /** Keeps the lanes of one process from taking all of its connections at once. */
  readonly gate: Gate;
  /** Names this process among those that share the database. */
  readonly owner: string;
  /** Readers do not see this generation yet: it asks to be seen when it has caught up. */
  readonly isBuilding: boolean;
  /** This process has the lane's lease, or has it no more. */
  readonly onHeld: (lane: Lane, isHeld: boolean) => void;
  /** Everything up to `seen` that is the lane's business is committed. */
  readonly onSeen: (seen: Checkpoint) => void;
  readonly onError: OnError;
};

/** What a lane has committed, what it has merely seen, and how the one follows the other. */
export function laneRun(deps: LaneDeps, lease: Lease) {
  const { source, store, clock, gate } = deps;
  let committed = lease.checkpoint;
  let seen = committed;
  let parked = lease.parked;
  let movedAt = 0;
  let target: bigint | undefined;
  let stage: 'behind' | 'caught up' | 'served' = 'behind';

  const commit = async (to: Checkpoint, items: readonly Item[]) => {
    const move = { from: committed, to };
    const work = () => commitItems(deps, lease, move, items, parked);
    // Moves without rows share one connection already: held up here, they could not go together.
    parked = items.length === 0 ? await work() : await gate(work);
    committed = to;
  };

  /** Lets the checkpoint follow, and readers in when the head was reached. */
  const settle = async () => {
    if (seen.position > committed.position) await commit(seen, []);
    movedAt = clock.now().getTime();
    if (stage === 'behind' && target !== undefined && committed.position >= target) {
      await store.caughtUp(lease.lane);
      stage = 'caught up';
    }
    if (stage === 'caught up' && (!deps.isBuilding || (await store.swap(lease.lane)))) {
      stage = 'served';
    }
  };

  return {
    parked: () => parked,
    settle,
    /** Milliseconds until `settle` should be called; undefined when there is nothing to settle. */
    dueIn: (): number | undefined => {
      const hasReached = stage !== 'served' && target !== undefined && seen.position >= target;
      if (seen.position === committed.position && !hasReached) return undefined;
      // With other lanes, whose checkpoints follow in the same statement: a commit for each event
      // that is nobody's business would cost more than the event.
      return lazyMomentAfter(movedAt) - clock.now().getTime();
    },
    take: async (batch: {
      readonly items: readonly Item[];
      readonly to: Checkpoint;
      readonly live: boolean;
    }): Promise<void> => {
      if (batch.items.length > 0) await commit(batch.to, batch.items);
      seen = batch.to;
      deps.onSeen(seen);
      if (batch.live) target ??= await source.head();
      if (seen.ordinal - committed.ordinal >= LAZY_EVENTS) await settle();
    },
  };
}

/** One transaction; a second one when an event failed, which leaves that event's stream behind. */
async function commitItems(
  { projection, store, source }: LaneDeps,
  lease: Lease,
  move: Move,
  items: readonly Item[],
  parked: ReadonlySet<StreamName>,
): Promise<ReadonlySet<StreamName>> {
  const { logId } = source;
  if (items.length === 0) {
    await store.commit(lease, logId, move);
    return parked;
  }
  try {
    await store.commit(lease, logId, move, (batch) => handleAll(projection, batch, items, parked));
    return parked;
  } catch (error) {
    if (error instanceof LeaseLost || store.isTransient(error)) throw error;
  }
  let nowParked = parked;
  await store.commit(lease, logId, move, async (batch) => {
    nowParked = await handleAround(projection, batch, items, parked, store.isTransient);
  });
  return nowParked;
}
