import type { Follower } from '#projections/follower.ts';
import type { Progress } from '#projections/progress.ts';

/** What fills the views of this process, in its main thread or in one of its own. */
export type Projector = {
  /** Makes what tables are missing and begins to fill them. */
  start(): Promise<void>;
  /** Finishes the batches in hand and gives the leases back. */
  stop(): Promise<void>;
  /** Asks it to look for builds that were begun or cancelled at once rather than in a moment. */
  nudge(): void;
  /** How far its lanes have come, and who waits for them. */
  readonly progress: Progress;
  /** The one flow of events in the main thread, for whoever else follows the log. */
  readonly flow: Follower;
  /** Why it stopped for good; undefined while it works. */
  readonly failure: string | undefined;
};
