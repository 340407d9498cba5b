import type { RecordedEvent } from '#domain/event.ts';
import { type CommandId, type EventId, SYSTEM, derivedUuid } from '#domain/ids.ts';
import type { CommandRequest } from './handle.ts';

/** What follows from an event in another stream: further commands. */
export type Reaction = {
  /** Stored with its checkpoint: must never change. */
  readonly name: string;
  readonly reactsTo: readonly string[];
  /** Told of all in a batch that it reacts to, before the first of them: reads once what all need. */
  readonly prepare?: (events: readonly RecordedEvent[]) => Promise<void>;
  /**
   * Issues commands with the `request` it is given, whose id follows from the event, so that the
   * same event again changes nothing. Throws to be called again; a refusal is an answer.
   */
  readonly react: (event: RecordedEvent, request: CommandRequest) => Promise<void>;
};

/** The last event that a reaction has finished with, its business or not. */
export type ReactionPlace = { readonly position: bigint; readonly eventId: EventId | undefined };

export type ReactionLease = {
  readonly name: string;
  readonly epoch: bigint;
  readonly logId: string;
  readonly place: ReactionPlace;
};

/** `infra/` implements it. A lease only saves double work: what it keeps from harm is the command ids. */
export type ReactionStore = {
  /** A reaction that is new begins here; one that is known stays where it is. */
  install(name: string, logId: string, place: ReactionPlace): Promise<void>;
  /** Takes the lease when it is free, ours, or past its time. */
  acquire(name: string, owner: string, ttlMs: number): Promise<ReactionLease | undefined>;
  renew(owner: string, ttlMs: number): Promise<void>;
  release(lease: ReactionLease, owner: string): Promise<void>;
  /** False when another has taken over: its place is the one that counts. */
  move(lease: ReactionLease, from: ReactionPlace, to: ReactionPlace): Promise<boolean>;
  places(): Promise<
    readonly { readonly name: string; readonly movedAt: Date; readonly place: ReactionPlace }[]
  >;
};

/** What Palimpsest itself asks for, because of an event. */
export function requestBecauseOf({ header }: RecordedEvent, reaction: string): CommandRequest {
  const commandId = derivedUuid('reaction', reaction, header.id) as CommandId;
  return {
    tenant: header.tenant,
    principal: { tenant: header.tenant, member: SYSTEM, roles: ['owner'], groups: [] },
    commandId,
    // The command follows from the event, so a repeat of it can be no other command.
    commandHash: new TextEncoder().encode(header.id),
    correlationId: header.correlationId,
    causationId: header.id,
    ...(header.traceparent !== undefined && { traceparent: header.traceparent }),
  };
}
