import type { Decider } from './decider.ts';
import type { DomainEvent, EventDefinitions, Subject } from './event.ts';
import type { StreamKind } from './stream.ts';

/** How a folded state is kept as bytes; raise `version` when `evolve` or the shape changes. */
export type SnapshotCodec<State> = {
  readonly version: number;
  /** Whose key seals the snapshot, so that erasing the content erases it here too. */
  readonly subject: (stream: { readonly id: string }) => Subject;
  /** Asks for a snapshot right after this event, e.g. because the revision got a name. */
  readonly eagerAfter?: (eventType: string) => boolean;
  readonly encode: (state: State) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => State;
};

/** One kind of stream: its rules, the events it stores, and (when folds get long) its snapshots. */
export type Aggregate<State, Command, Event extends DomainEvent> = {
  readonly kind: StreamKind;
  readonly decider: Decider<State, Command, Event>;
  readonly events: EventDefinitions;
  readonly snapshot?: SnapshotCodec<State>;
  /**
   * Whether the state itself knows a repeat of what led to this event: the command path then need
   * not remember the command, of which a document that is typed in has thousands a day.
   */
  readonly knowsRepeatOf?: (event: Event) => boolean;
  /** Gives back what the garbage collector does not see. The state is not used any more. */
  readonly release?: (state: State) => void;
};
