import type { Connections } from '#infra/postgres/database.ts';
import type { Config } from '#api/config.ts';

// What the main thread and the thread of the projector tell each other. Both are of one build.

/** What the thread is started with. */
export type ProjectorSettings = Pick<Config, 'eventStoreUrl' | 'logLevel'> & {
  readonly connections: Connections;
  readonly masterKey: Uint8Array;
  /** Of its leases: who is started again holds what the one before held. */
  readonly owner: string;
};

export type ToProjector =
  | {
      readonly type: 'want';
      readonly wish: number;
      readonly views: readonly string[];
      readonly position: bigint;
    }
  | { readonly type: 'want no more'; readonly wish: number }
  | { readonly type: 'nudge' }
  | { readonly type: 'stop' };

export type FromProjector =
  | { readonly type: 'started' }
  /** How far lanes have come, by their names; undefined: the lane was left. */
  | { readonly type: 'moved'; readonly lanes: ReadonlyMap<string, bigint | undefined> }
  /** It stopped for good: the log is not the one the views were made from. */
  | { readonly type: 'failed'; readonly reason: string };
