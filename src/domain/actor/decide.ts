import type { Aggregate } from '#domain/aggregate.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { DocumentId, MemberId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import { type ActorEvent, actorEvents } from './events.ts';

type ClaimActor = {
  readonly type: 'ClaimActor';
  readonly documentId: DocumentId;
  readonly tokenHash: string;
  readonly device?: string | undefined;
};
/** Whether the token is the right one is asked before. */
type ResumeActor = { readonly type: 'ResumeActor'; readonly connection: string };
type QuarantineChange = {
  readonly type: 'QuarantineChange';
  readonly reason: string;
  readonly bytes: Uint8Array;
};
export type ActorCommand = ClaimActor | ResumeActor | QuarantineChange;

type ClaimedActor = {
  readonly status: 'claimed' | 'quarantined';
  readonly memberId: MemberId;
  readonly documentId: DocumentId;
  readonly tokenHash: string;
  readonly connection: string | undefined;
};

/**
 * Who writes changes in one document on one device. Every change of it has the next number, which
 * is why it has one connection at a time.
 */
export type Actor = { readonly status: 'missing' } | { readonly status: 'erased' } | ClaimedActor;

const initialState: Actor = { status: 'missing' };

const MOST_KEPT = 65_536;

function decide(command: ActorCommand, state: Actor, { principal }: DecisionContext): ActorEvent[] {
  const memberId = principal.member;
  assertMay(principal, 'document.edit');
  switch (command.type) {
    case 'ClaimActor': {
      const { documentId, tokenHash, device } = command;
      if ('memberId' in state && state.tokenHash === tokenHash) return [];
      if (state.status !== 'missing') throw new Rejected('actor/already-claimed');
      const data = { memberId, documentId, tokenHash, ...withoutUndefined({ device }) };
      return [{ type: 'ActorClaimed', data }];
    }
    case 'ResumeActor': {
      const actor = mustBeOf(state, memberId);
      if (actor.status === 'quarantined') throw new Rejected('actor/quarantined');
      const { connection } = command;
      if (actor.connection === connection) return [];
      return [{ type: 'ActorResumed', data: { memberId, connection } }];
    }
    case 'QuarantineChange': {
      const { reason, bytes } = command;
      if (mustBeOf(state, memberId).status === 'quarantined') return [];
      const kept = bytes.slice(0, MOST_KEPT);
      const data = { memberId, reason, bytes: kept, size: bytes.length };
      return [{ type: 'ChangeQuarantined', data }];
    }
  }
}

function mustBeOf(state: Actor, member: MemberId): ClaimedActor {
  if (!('memberId' in state) || state.memberId !== member) throw new Rejected('actor/not-found');
  return state;
}

function evolve(state: Actor, event: ActorEvent): Actor {
  if (event.type === 'ActorClaimed') {
    const { memberId, documentId, tokenHash } = event.data;
    return { status: 'claimed', memberId, documentId, tokenHash, connection: undefined };
  }
  if (!('memberId' in state)) return state;
  switch (event.type) {
    case 'ActorResumed':
      return { ...state, connection: event.data.connection };
    case 'ChangeQuarantined':
      return { ...state, status: 'quarantined' };
  }
}

/** The member's key was destroyed, and with it what could resume the actor. */
const erase = (): Actor => ({ status: 'erased' });

export const actorAggregate: Aggregate<Actor, ActorCommand, ActorEvent> = {
  kind: 'actor',
  decider: { initialState, decide, evolve, erase },
  events: actorEvents,
};
