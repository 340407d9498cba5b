import type { Aggregate } from '#domain/aggregate.ts';
import type { AnchoredText } from '#domain/anchor.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { Origin } from '#domain/document/events.ts';
import type { DocumentId, MemberId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { mustBeStorable } from '#domain/storable-text.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import { type SuggestionEvent, suggestionEvents } from './events.ts';

/** What was taken of a suggestion, as the document says. */
export type Taken = {
  readonly revision: number;
  /** Whole: neither. */
  readonly extent: 'whole' | 'part' | 'edited';
  readonly parts?: readonly number[] | undefined;
  readonly text: string;
};

export type StandingSuggestion = AnchoredText & {
  readonly document: DocumentId;
  readonly author: MemberId;
  readonly replacement: string;
  readonly note?: string | undefined;
  readonly origin: Origin;
  readonly outcome: 'open' | 'rejected' | Taken;
};
export type Suggestion =
  | { readonly status: 'missing' }
  | { readonly status: 'erased' }
  | ({ readonly status: 'made' } & StandingSuggestion);

/** The document is read before: whoever sends a command may comment on it. */
type OnDocument = { readonly document: DocumentId };

type MakeSuggestion = OnDocument &
  AnchoredText & {
    readonly type: 'MakeSuggestion';
    readonly replacement: string;
    readonly note?: string | undefined;
    /** No request can choose it. */
    readonly origin: Origin;
  };
type SettleSuggestion = OnDocument & {
  readonly type: 'SettleSuggestion';
  /** The document holds it already: this is a fact, not a question. */
  readonly taken: Taken;
};
type RejectSuggestion = OnDocument & {
  readonly type: 'RejectSuggestion';
  readonly reason?: string | undefined;
  /** Whether the document says that the caller may edit it. */
  readonly mayEdit: boolean;
};
export type SuggestionCommand = MakeSuggestion | SettleSuggestion | RejectSuggestion;

function decide(
  command: SuggestionCommand,
  state: Suggestion,
  { principal }: DecisionContext,
): SuggestionEvent[] {
  assertMay(principal, 'document.comment');
  if (command.type === 'MakeSuggestion') return make(command, state, principal.member);
  const made = mustBeOn(command.document, state);
  switch (command.type) {
    case 'SettleSuggestion':
      return settle(command, made);
    case 'RejectSuggestion':
      return reject(command, made, principal.member);
  }
}

/** The suggestion, if it is one on this document. */
export function mustBeOn(document: DocumentId, state: Suggestion): StandingSuggestion {
  if (state.status !== 'made' || state.document !== document) {
    throw new Rejected('suggestion/not-found');
  }
  return state;
}

function make(
  { document, anchor, quoted, replacement, note, origin }: MakeSuggestion,
  state: Suggestion,
  author: MemberId,
): SuggestionEvent[] {
  mustBeStorable(replacement);
  mustBeStorable(note ?? '');
  if (state.status === 'made' && state.author === author && state.replacement === replacement)
    return [];
  if (state.status !== 'missing') throw new Rejected('suggestion/already-exists');
  if (replacement === quoted) throw new Rejected('suggestion/changes-nothing');
  const suggested = { document, author, anchor, quoted, replacement, origin };
  const data = { ...suggested, ...withoutUndefined({ note }) };
  return [{ type: 'SuggestionMade', data }];
}

/**
 * What the document took is recorded also of a suggestion that somebody rejected in the same
 * moment: the text is there.
 */
function settle(
  { document, taken: { revision, extent, parts, text } }: SettleSuggestion,
  { outcome }: StandingSuggestion,
): SuggestionEvent[] {
  if (typeof outcome === 'object') return [];
  if (extent === 'edited')
    return [{ type: 'SuggestionEdited', data: { document, revision, text } }];
  const which = parts === undefined ? {} : { parts: [...parts] };
  const data = { document, revision, extent, ...which, text };
  return [{ type: 'SuggestionAccepted', data }];
}

function reject(
  { document, reason, mayEdit }: RejectSuggestion,
  { outcome, author }: StandingSuggestion,
  member: MemberId,
): SuggestionEvent[] {
  if (!mayEdit && author !== member) throw new Rejected('suggestion/not-yours');
  if (outcome === 'rejected') return [];
  if (outcome !== 'open') throw new Rejected('suggestion/settled');
  mustBeStorable(reason ?? '');
  return [{ type: 'SuggestionRejected', data: { document, ...withoutUndefined({ reason }) } }];
}

function evolve(state: Suggestion, event: SuggestionEvent): Suggestion {
  if (event.type === 'SuggestionMade') return { ...event.data, status: 'made', outcome: 'open' };
  return state.status === 'made' ? { ...state, outcome: outcomeOf(event) } : state;
}

function outcomeOf(
  event: Exclude<SuggestionEvent, { type: 'SuggestionMade' }>,
): StandingSuggestion['outcome'] {
  switch (event.type) {
    case 'SuggestionAccepted':
      return event.data;
    case 'SuggestionEdited':
      return { ...event.data, extent: 'edited' };
    case 'SuggestionRejected':
      return 'rejected';
  }
}

/** A text that somebody, or a model, offers instead of one that is in a document. */
export const suggestionAggregate: Aggregate<Suggestion, SuggestionCommand, SuggestionEvent> = {
  kind: 'suggestion',
  decider: {
    initialState: { status: 'missing' },
    decide,
    evolve,
    erase: () => ({ status: 'erased' }),
  },
  events: suggestionEvents,
};
