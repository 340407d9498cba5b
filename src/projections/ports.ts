import type { RecordedEvent } from '#domain/event.ts';
import type { EventId, TenantId } from '#domain/ids.ts';
import type { StreamName } from '#domain/stream.ts';
import type { Transaction } from 'kysely';
import type { ProjectedEvent, Projection } from './projection.ts';

// What the projection engine needs from the outside world. `infra/` implements it.

/** The part of the event log that reads. Every `EventLog` is one. */
export type EventSource = {
  readonly logId: string;
  readStream(
    stream: StreamName,
    options?: { from?: number; direction?: 'forward' | 'backward'; limit?: number },
  ): Promise<readonly RecordedEvent[]>;
  readAll(options: {
    readonly after: bigint;
    readonly upTo?: bigint;
    readonly limit: number;
  }): Promise<readonly RecordedEvent[]>;
  follow(options: {
    readonly after: bigint;
    readonly signal: AbortSignal;
    readonly limit?: number;
  }): AsyncIterable<readonly RecordedEvent[]>;
  head(): Promise<bigint>;
  at(position: bigint): Promise<RecordedEvent | undefined>;
  /** How many events there are, where the log can say so cheaply. */
  readonly count?: () => Promise<bigint>;
};

export type Clock = {
  now(): Date;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

/**
 * Opens the bodies that are needed, in log order, leaving out what is not needed at all. Throws
 * `LogTampered` when a body is not what its header says.
 */
export type OpenEvents = (
  events: readonly RecordedEvent[],
  needs: Projection['needs'],
) => Promise<readonly ProjectedEvent[]>;

/** One build of one version of a projection, with tables of its own. */
export type Generation = {
  readonly projection: string;
  readonly version: number;
  readonly generation: number;
  /** The Postgres schema that holds its tables. */
  readonly schema: string;
  readonly partitions: number;
};

/** What one checkpoint stands for: a generation, or the part of it that holds some tenants. */
export type Lane = Generation & { readonly partition: number };

/** The last event that was finished with, whether it was the projection's business or not. */
export type Checkpoint = {
  readonly position: bigint;
  readonly eventId: EventId | undefined;
  /** How many events that were: position and id are the log's, this is what lag is counted in. */
  readonly ordinal: bigint;
};

/** The right to move one lane. A commit under an epoch that is no longer the lane's does nothing. */
export type Lease = {
  readonly lane: Lane;
  readonly epoch: bigint;
  readonly checkpoint: Checkpoint;
  /** The log that the checkpoint belongs to; undefined before the first commit. */
  readonly logId: string | undefined;
  readonly parked: ReadonlySet<StreamName>;
};

/** How far a lane has come, for readers, readiness and metrics. */
export type LaneStanding = {
  readonly lane: Lane;
  readonly checkpoint: Checkpoint;
  readonly movedAt: Date;
  readonly caughtUp: boolean;
  readonly registered: boolean;
  readonly deadLetters: number;
};

/** A stream that waits in one generation because one of its events could not be handled. */
export type DeadLetter = {
  readonly tenant: TenantId;
  readonly stream: StreamName;
  readonly projection: string;
  readonly version: number;
  readonly generation: number;
  readonly partition: number;
  readonly firstRevision: number;
  readonly firstPosition: bigint;
  readonly firstEventId: EventId;
  readonly lastRevision: number;
  readonly events: number;
  /** What kind of error, never the content that caused it. */
  readonly error: string;
  readonly parkedAt: Date;
};

/** The transaction in which a lane's rows, dead letters and checkpoint change together. */
export type Batch = {
  readonly tables: Transaction<unknown>;
  /** Undoes what `work` did when it throws, and throws on; the transaction stays usable. */
  attempt<T>(work: () => Promise<T>): Promise<T>;
  park(event: RecordedEvent, error: unknown): Promise<void>;
  /** Counts further events of streams that are parked already. */
  parkBehind(events: readonly RecordedEvent[]): Promise<void>;
};

export type Move = { readonly from: Checkpoint; readonly to: Checkpoint };

export type ProjectionStore = {
  /** Makes tables for what is new: a projection, a version. Answers every generation in use. */
  install(projections: readonly Projection[]): Promise<void>;
  /** Begins a new build of the registered version beside the one that is read. */
  begin(projection: Projection): Promise<Generation>;
  /** The lanes of every generation in use of these projections, at the versions given. */
  standings(projections: readonly Projection[]): Promise<readonly LaneStanding[]>;
  /** Takes the lease when it is free, ours, or past its time. */
  acquire(lane: Lane, owner: string, ttlMs: number): Promise<Lease | undefined>;
  /** Prolongs every lease of this owner, and says that it is there. */
  renew(owner: string, ttlMs: number): Promise<void>;
  /** How many owners are there, with or without a lease. */
  owners(): Promise<number>;
  /** Says that this owner is gone, so that nobody leaves it a share. */
  leave(owner: string): Promise<void>;
  release(lease: Lease, owner: string): Promise<void>;
  /** Rows and checkpoint, or neither. Throws `LeaseLost` when another has moved on. */
  commit(
    lease: Lease,
    logId: string,
    move: Move,
    work?: (batch: Batch) => Promise<void>,
  ): Promise<void>;
  /** Notes that the lane has reached the head: from now on its generation may be read. */
  caughtUp(lane: Lane): Promise<void>;
  /** Lets readers see this generation if it is not behind the one they see now. */
  swap(generation: Generation): Promise<boolean>;
  /** Retires a build that readers do not see. False when they do. */
  cancel(generation: Generation): Promise<boolean>;
  /** Drops the tables of what was retired at least `graceMs` ago and is in nobody's hands. */
  sweep(graceMs: number): Promise<readonly string[]>;
  deadLetters(projection?: string): Promise<readonly DeadLetter[]>;
  /**
   * Unparks a stream: takes the lane from whoever runs it, forgets the letter and lets `work` handle
   * what waits, up to the lane's checkpoint, in one transaction.
   */
  unpark(
    letter: DeadLetter,
    work?: (batch: Batch, lane: Lane, upTo: bigint) => Promise<void>,
  ): Promise<void>;
  /** A failure of the connection or of the moment, not of the event: try again. */
  readonly isTransient: (error: unknown) => boolean;
};

/** Another process has taken this lane. What was not committed never happened. */
export class LeaseLost extends Error {
  constructor(lane: Lane) {
    super(`Another process has taken ${laneName(lane)}.`);
    this.name = 'LeaseLost';
  }
}

export const laneName = (lane: Lane): string =>
  `${lane.projection} v${lane.version} g${lane.generation}/${lane.partition}`;
