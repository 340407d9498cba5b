import { LogTampered } from '#domain/log-tampered.ts';
import { type Follower, type OnError, follower } from './follower.ts';
import { gate } from './gate.ts';
import { LEASE_MS, runLane } from './lane.ts';
import {
  type Checkpoint,
  type Clock,
  type EventSource,
  type Lane,
  type OpenEvents,
  type ProjectionStore,
  type LaneStanding,
  laneName,
} from './ports.ts';
import type { LocalProgress } from './progress.ts';
import type { Projection } from './projection.ts';
import { share } from './share.ts';

/** How often this process looks for builds to begin or to stop, and for what can be dropped. */
const LOOK_MS = 2_000;
const SWEEP_MS = 30_000;
/** How long the tables of an older build stay: much longer than any reader's transaction. */
const GRACE_MS = 60_000;
/** Transactions at once: more would only wait for each other, and readers need connections too. */
const MOST_COMMITS = 4;

export type EngineDeps = {
  readonly source: EventSource;
  readonly open: OpenEvents;
  readonly store: ProjectionStore;
  readonly clock: Clock;
  readonly projections: readonly Projection[];
  /** Names this process among those that share the database. */
  readonly owner: string;
  readonly progress: LocalProgress;
  /** Told of everything that is tried again, and once of what cannot be. */
  readonly onError: OnError;
};

export type ProjectionEngine = {
  /** Makes what tables are missing and begins to fill them. */
  start(): Promise<void>;
  /** Finishes the batches in hand and gives the leases back. */
  stop(): Promise<void>;
  /** Asks it to look for builds that were begun or cancelled at once rather than in a moment. */
  nudge(): void;
  /** The one flow of events in this process, for whoever else follows the log. */
  readonly flow: Follower;
  /** Why it stopped for good: the log is not the one the views were made from. */
  readonly failure: LogTampered | undefined;
};

/** Keeps every projection of this process running, in every build that is in use. */
export function projectionEngine(deps: EngineDeps): ProjectionEngine {
  const { source, store, clock, projections, owner, progress } = deps;
  const stop = new AbortController();
  const running = new Map<string, { abort: AbortController; done: Promise<void> }>();
  const throughGate = gate(MOST_COMMITS);
  const held = new Set<string>();
  const fair = share(clock);
  const tasks: Promise<void>[] = [];
  let failure: LogTampered | undefined;

  const onError: OnError = (error) => {
    if (error instanceof LogTampered && failure === undefined) {
      failure = error;
      stop.abort();
    }
    deps.onError(error);
  };
  const flow = follower(source, clock, onError);

  const launch = (projection: Projection, { lane, registered }: LaneStanding) => {
    const abort = new AbortController();
    const signal = AbortSignal.any([stop.signal, abort.signal]);
    const onSeen = (seen: Checkpoint) => progress.moved(lane, seen);
    const onHeld = (one: Lane, isHeld: boolean) => {
      if (isHeld) held.add(laneName(one));
      else held.delete(laneName(one));
    };
    const laneDeps = {
      ...deps,
      onHeld,
      projection,
      flow,
      onError,
      onSeen,
      gate: throughGate,
      isBuilding: !registered,
    };
    const done = runLane(laneDeps, lane, signal)
      .catch(onError)
      .finally(() => progress.left(lane));
    running.set(laneName(lane), { abort, done });
  };

  const look = async () => {
    const wanted = new Map<string, LaneStanding>();
    for (const standing of await store.standings(projections)) {
      wanted.set(laneName(standing.lane), standing);
    }
    const surplus = fair.surplus([...held], wanted.size, await store.owners());
    for (const [name, { abort }] of running) {
      if (wanted.has(name) && !surplus.includes(name)) continue;
      abort.abort();
      running.delete(name);
    }
    if (stop.signal.aborted) return;
    for (const [name, standing] of wanted) {
      const projection = projections.find((one) => one.name === standing.lane.projection);
      if (projection === undefined || running.has(name) || fair.isResting(name)) continue;
      launch(projection, standing);
    }
  };

  let nudged = new AbortController();

  const every = async (ms: number, work: () => Promise<unknown>, wake?: () => AbortSignal) => {
    while (!stop.signal.aborted) {
      const signals = wake === undefined ? [stop.signal] : [stop.signal, wake()];
      await clock.sleep(ms, AbortSignal.any(signals));
      if (!stop.signal.aborted) await work().catch(onError);
    }
  };

  return {
    flow,
    // The loop looks, not the caller: lanes must not inherit the tenant of a request.
    nudge: () => {
      nudged.abort();
      nudged = new AbortController();
    },
    get failure() {
      return failure;
    },
    start: async () => {
      await store.install(projections);
      await store.renew(owner, LEASE_MS);
      await look();
      tasks.push(
        every(LOOK_MS, look, () => nudged.signal),
        every(LEASE_MS / 4, () => store.renew(owner, LEASE_MS)),
        every(SWEEP_MS, () => store.sweep(GRACE_MS)),
      );
    },
    stop: async () => {
      stop.abort();
      await Promise.all([...running.values()].map(({ done }) => done));
      await Promise.all([flow.close(), ...tasks]);
      await store.leave(owner).catch(() => undefined);
    },
  };
}
