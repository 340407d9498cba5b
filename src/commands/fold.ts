import { decode, encode } from 'cborg';
import type { Aggregate } from '#domain/aggregate.ts';
import type { DomainEvent, EventHeader } from '#domain/event.ts';
import type { CommandId } from '#domain/ids.ts';
import { type EncodedCommands, HandledCommands } from './handled-commands.ts';

type Heading = { readonly header: EventHeader; readonly erased?: never };

export type FoldedEvent<Event extends DomainEvent> = {
  readonly event: (Event & Heading) | { readonly header: EventHeader; readonly erased: true };
  /** Stored in a command's first event; see `HandledCommand.hash`. */
  readonly commandHash: Uint8Array | undefined;
};

/**
 * A stream folded to one revision: the aggregate's state and what the command path itself must
 * remember. Mutable and held by one stream's queue at a time.
 */
export type Fold<State, Event extends DomainEvent> = {
  /** -1 before the first event. */
  revision: number;
  recordedAt: string | undefined;
  state: State;
  readonly handled: HandledCommands;
  /** Events of a command larger than one append, waiting for its last. */
  unfinished: FoldedEvent<Event>[];
  /** Where a command that was cut off goes on counting: its earlier indexes are taken. */
  readonly nextIndex: Map<CommandId, number>;
  /** How much was folded since the last snapshot. */
  tail: { events: number; bytes: number };
  /** `false` where folding an event failed in the middle: then it is of no use any more. */
  isWhole: boolean;
};

export function emptyFold<State, Event extends DomainEvent>(state: State): Fold<State, Event> {
  return {
    revision: -1,
    recordedAt: undefined,
    state,
    handled: new HandledCommands(),
    unfinished: [],
    nextIndex: new Map(),
    tail: { events: 0, bytes: 0 },
    isWhole: true,
  };
}

/** Takes the stream's next event into the fold. */
export function foldEvent<State, Command, Event extends DomainEvent>(
  { decider, knowsRepeatOf }: Aggregate<State, Command, Event>,
  fold: Fold<State, Event>,
  folded: FoldedEvent<Event>,
): void {
  const { header } = folded.event;
  fold.isWhole = false;
  fold.revision = header.revision;
  fold.recordedAt = header.recordedAt;

  // Another command came in between: what was cut off never takes effect.
  if (fold.unfinished[0]?.event.header.commandId !== header.commandId) fold.unfinished = [];
  if (header.unfinished) {
    fold.unfinished.push(folded);
    fold.nextIndex.set(header.commandId, header.commandIndex + 1);
    fold.isWhole = true;
    return;
  }

  // Counted from the end: a command that was cut off and tried again left parts that do not count.
  const parts = header.parts ? fold.unfinished.slice(-header.parts) : [];
  fold.unfinished = [];
  for (const { event, commandHash } of [...parts, folded]) {
    fold.state = evolve(decider, fold.state, event);
    if (!event.erased && knowsRepeatOf?.(event)) continue;
    fold.handled.add(header.commandId, {
      revision: header.revision,
      hash: commandHash,
      at: Date.parse(header.recordedAt),
    });
  }
  fold.nextIndex.delete(header.commandId);
  fold.isWhole = true;
}

function evolve<State, Command, Event extends DomainEvent>(
  decider: Aggregate<State, Command, Event>['decider'],
  state: State,
  event: FoldedEvent<Event>['event'],
): State {
  if (event.erased) return decider.erase?.(state) ?? state;
  return decider.evolve(state, event, event.header.revision);
}

type StoredFold = {
  readonly recordedAt: string;
  readonly state: Uint8Array;
  readonly handled: EncodedCommands;
  readonly nextIndex: readonly (readonly [CommandId, number])[];
};

/** The fold as bytes; `undefined` in the middle of a command, where there is nothing whole to keep. */
export function encodeFold<State, Command, Event extends DomainEvent>(
  aggregate: Aggregate<State, Command, Event>,
  fold: Fold<State, Event>,
): Uint8Array | undefined {
  if (!aggregate.snapshot || !fold.isWhole || fold.unfinished.length > 0) return undefined;
  return encode({
    recordedAt: fold.recordedAt ?? '',
    state: aggregate.snapshot.encode(fold.state),
    handled: fold.handled.encode(),
    nextIndex: [...fold.nextIndex],
  } satisfies StoredFold);
}

export function decodeFold<State, Command, Event extends DomainEvent>(
  aggregate: Aggregate<State, Command, Event>,
  revision: number,
  plain: Uint8Array,
): Fold<State, Event> | undefined {
  if (!aggregate.snapshot) return undefined;
  const stored = decode(plain) as StoredFold;
  return {
    revision,
    recordedAt: stored.recordedAt,
    state: aggregate.snapshot.decode(stored.state),
    handled: new HandledCommands(stored.handled),
    unfinished: [],
    nextIndex: new Map(stored.nextIndex),
    tail: { events: 0, bytes: 0 },
    isWhole: true,
  };
}
