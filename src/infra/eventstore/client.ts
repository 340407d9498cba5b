// What the adapter needs from a client library. `@eventstore/db-client` and
// `@kurrent/kurrentdb-client` differ in names only, so all that differs is in two small files.

/** An event as it is sent: everything in it has been serialised already. */
export type SentEvent = {
  readonly id: string;
  readonly type: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
};

/** As both libraries take an event. What they offer to make it copies its bytes one by one. */
export const binary = (event: SentEvent) => ({
  ...event,
  contentType: 'application/octet-stream' as const,
});

/** An event as the server has it. Both clients read metadata that is JSON as JSON. */
export type ReceivedEvent = {
  readonly streamId: string;
  readonly id: string;
  readonly revision: bigint;
  readonly type: string;
  readonly data: unknown;
  readonly metadata?: unknown;
  readonly position?: { readonly commit: bigint; readonly prepare: bigint } | undefined;
};

export type Resolved = { readonly event?: ReceivedEvent | undefined };

/** A read that has begun. */
export type Reading = {
  /** Hands over each event until `take` answers false or there are no more. */
  each(take: (event: ReceivedEvent) => boolean): Promise<void>;
  /** Gives up: `each` fails. */
  cancel(): void;
};

/**
 * A Node stream of `Resolved`, as both libraries make it. It emits `caughtUp` when the server has
 * nothing more, which may be long before its reader has.
 */
export type Subscription = {
  read(): unknown;
  readonly readableLength: number;
  on(event: string, listener: (detail: unknown) => void): unknown;
  removeAllListeners(event: string): unknown;
  resume(): unknown;
  destroy(error?: Error): unknown;
  unsubscribe(): Promise<void>;
};

export type Place = bigint | 'start' | 'end';

/** Events to receive: of these streams, or of these types. `onCheckpoint` must not throw. */
export type Filter = {
  readonly on: 'streamName' | 'eventType';
  readonly expression: { readonly prefixes: string[] } | { readonly regex: string };
  readonly onCheckpoint?: (position: bigint) => void;
};

export type EventStoreClient = {
  /**
   * Always at an explicit revision (`no_stream` when absent): only there the server is sure to know
   * a repeat by its ids. Answers where the stream is then.
   */
  append(
    stream: string,
    revision: bigint | 'no_stream',
    events: readonly SentEvent[],
  ): Promise<{ readonly revision: bigint; readonly position: bigint | undefined }>;
  /** Both include the place where they begin. */
  readStream(stream: string, from: Place, backward: boolean, count: number): Reading;
  readAll(from: Place, backward: boolean, count: number): Reading;
  /** Excludes the place where it begins. Holds at most about `ahead` events that nobody has taken. */
  subscribe(after: Place, filter: Filter, ahead: number): Subscription;
  /** Ends every call. Before this nothing else ends them, and the process stays alive. */
  dispose(): Promise<void>;
};

export type Connect = (url: string) => Promise<EventStoreClient>;

// What both libraries take in the same form.

export const directionOf = (backward: boolean) =>
  backward ? ('backwards' as const) : ('forwards' as const);

export const positionOf = (place: Place) =>
  typeof place === 'bigint' ? { commit: place, prepare: place } : place;

/** What their makers of filters make. */
export const filterOf = ({ on, expression, onCheckpoint }: Filter) => ({
  filterOn: on,
  checkpointInterval: 1,
  checkpointReached: async (_: unknown, { commit }: { readonly commit: bigint }) =>
    onCheckpoint?.(commit),
  ...expression,
});
