import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { DomainEvent } from '#domain/event.ts';
import { type CommandId, type TenantId, derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import { type StreamName, streamOf } from '#domain/stream.ts';
import { type AppendPorts, appendDecided } from './append-decided.ts';
import type { Fold } from './fold.ts';
import type { HeldStream, HeldStreams } from './held-streams.ts';
import {
  type Clock,
  CommandContended,
  DuplicateCommand,
  type Ids,
  WrongExpectedRevision,
} from './ports.ts';

const DEADLINE_MS = 10_000;
const FIRST_PAUSE_MS = 4;

/** What comes with every command, whatever it asks for. */
export type CommandRequest = {
  /** Whose stream it is: the principal's tenant, except for the operator. */
  readonly tenant: TenantId;
  readonly principal: Principal;
  readonly commandId: CommandId;
  /** The id was made here, for this request: it is no repeat, and nobody can repeat it. */
  readonly isOnlyOnce?: boolean;
  /** SHA-256 of the request: tells a repeat from an idempotency key used for something else. */
  readonly commandHash: Uint8Array;
  readonly correlationId: string;
  /** The event that caused the command, when it was not a person. */
  readonly causationId?: string;
  readonly traceparent?: string;
  /** The caller insists: `WrongExpectedRevision` unless the stream is just here. */
  readonly expectedRevision?: number;
};

export type Outcome<State> = {
  /** Of the command's last event, or of the stream when nothing happened; -1 for no stream. */
  readonly revision: number;
  /** Of that event; `undefined` when nothing happened on a stream that does not exist. */
  readonly position: bigint | undefined;
  /** The newest state. Read what you need before you await anything: the next command moves it. */
  readonly state: State;
  /** The command had been handled before, and this is what it did then. */
  readonly repeated: boolean;
};

export type Handle<State, Command> = (
  id: string,
  command: Command,
  request: CommandRequest,
) => Promise<Outcome<State>>;

/**
 * The one path of every command: load the stream, decide, append what happened. Commands on one
 * stream take turns in this process, so a conflict means that another one wrote: its events are
 * folded and the command is decided again, until the deadline.
 *
 * Throws `Rejected`, `WrongExpectedRevision` (only when the caller insisted on a revision),
 * `CommandContended`, `LogUnavailable`.
 */
export function commandHandler<State, Command, Event extends DomainEvent>(
  ports: AppendPorts & { readonly clock: Clock; readonly ids: Ids },
  aggregate: Aggregate<State, Command, Event>,
  streams: HeldStreams<State, Event>,
): Handle<State, Command> {
  const append = appendDecided(ports, aggregate);

  return async (id, command, request) => {
    const stream = streamOf(request.tenant, aggregate.kind, id);
    return await streams.exclusively(stream, async (held) => {
      const deadline = ports.clock.now().getTime() + DEADLINE_MS;
      for (let pause = FIRST_PAUSE_MS; ; pause *= 2) {
        const outcome = await attempt(stream, held, command, request);
        if (!(outcome instanceof Error)) return outcome;
        if (ports.clock.now().getTime() + pause > deadline) throw new CommandContended(stream);
        await ports.clock.sleep(pause * ports.ids.random());
        const behind = (await held.refresh()) > 0;
        // The log remembers a command for ever, the fold for a day: too old to be answered again.
        if (!behind && outcome instanceof DuplicateCommand) throw new Rejected('command/reused');
      }
    });
  };

  /** Answers the conflict when another process wrote to the stream meanwhile. */
  async function attempt(
    stream: StreamName,
    held: HeldStream<State, Event>,
    command: Command,
    request: CommandRequest,
  ): Promise<Outcome<State> | WrongExpectedRevision | DuplicateCommand> {
    const { fold } = held;
    let decision = decide(stream, fold, command, request);
    // A fold that is behind may say "no" or "already so" where the newest one would not.
    if (decision.kind !== 'happens' && (await held.refresh()) > 0) {
      decision = decide(stream, fold, command, request);
    }
    if (decision.kind === 'refused') throw decision.error;
    if (decision.kind === 'known') {
      const revision = decision.revision ?? fold.revision;
      const position = await positionAt(stream, revision);
      return { revision, position, state: fold.state, repeated: decision.revision !== undefined };
    }
    try {
      const position = await append(stream, fold, decision.events, request);
      streams.snapshotIfDue(stream, fold, decision.events.at(-1)?.type ?? '');
      return { revision: fold.revision, position, state: fold.state, repeated: false };
    } catch (error) {
      if (error instanceof WrongExpectedRevision || error instanceof DuplicateCommand) return error;
      throw error;
    }
  }

  async function positionAt(stream: StreamName, revision: number) {
    if (revision < 0) return undefined;
    const [event] = await ports.log.readStream(stream, { from: revision, limit: 1 });
    return event?.position;
  }

  function decide(
    stream: StreamName,
    fold: Fold<State, Event>,
    command: Command,
    request: CommandRequest,
  ): Decision<Event> {
    try {
      const earlier = fold.handled.find(request.commandId);
      if (earlier) {
        if (differs(earlier.hash, request.commandHash)) throw new Rejected('command/reused');
        return { kind: 'known', revision: earlier.revision };
      }
      const { expectedRevision } = request;
      if (expectedRevision !== undefined && expectedRevision !== fold.revision) {
        throw new WrongExpectedRevision(stream, expectedRevision, fold.revision);
      }
      const context = contextOf(request, ports.clock.now(), fold.revision);
      const events = aggregate.decider.decide(command, fold.state, context);
      return events.length > 0 ? { kind: 'happens', events } : { kind: 'known' };
    } catch (error) {
      return { kind: 'refused', error };
    }
  }
}

type Decision<Event> =
  | { readonly kind: 'happens'; readonly events: readonly Event[] }
  /** Handled before (at `revision`), or already so. */
  | { readonly kind: 'known'; readonly revision?: number }
  | { readonly kind: 'refused'; readonly error: unknown };

const contextOf = (
  { principal, commandId }: CommandRequest,
  now: Date,
  revision: number,
): DecisionContext => ({
  principal,
  commandId,
  now,
  derive: (label) => derivedUuid(commandId, label),
  revision,
});

/** An erased event has lost its hash, so its repeat cannot be told from another request. */
const differs = (known: Uint8Array | undefined, hash: Uint8Array): boolean =>
  known !== undefined && Buffer.compare(known, hash) !== 0;
