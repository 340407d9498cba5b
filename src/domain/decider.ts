import type { DomainEvent } from './event.ts';
import type { CommandId } from './ids.ts';
import type { Principal } from './rights.ts';

/** What a decision may know besides the command and the state: all of it is recorded or derived. */
export type DecisionContext = {
  readonly principal: Principal;
  readonly commandId: CommandId;
  /** The time of the decision, from the `Clock` port. */
  readonly now: Date;
  /** A UUIDv5 of the command id and a label: a second decision of the same command finds the same ids. */
  readonly derive: (label: string) => string;
  /** The revision the state was folded to; -1 for a stream that does not exist. */
  readonly revision: number;
};

/** The rules of one aggregate, as pure functions: no clock, no randomness, no I/O. */
export type Decider<State, Command, Event extends DomainEvent> = {
  readonly initialState: State;
  /** What happens because of the command: nothing (`[]`, "already so"), some events, or a `Rejected` thrown. */
  readonly decide: (command: Command, state: State, context: DecisionContext) => Event[];
  /** What the event changes. Never refuses: the event already happened. */
  readonly evolve: (state: State, event: Event, revision: number) => State;
  /** What is left when the key of the stream's subject was destroyed. */
  readonly erase?: (state: State) => State;
};
