import type { Aggregate } from '#domain/aggregate.ts';
import type { AnchoredText } from '#domain/anchor.ts';
import type { DecisionContext } from '#domain/decider.ts';
import type { DocumentId, MemberId } from '#domain/ids.ts';
import { isSame } from '#domain/is-same.ts';
import { Rejected } from '#domain/rejected.ts';
import { assertMay } from '#domain/rights.ts';
import { mustBeStorable } from '#domain/storable-text.ts';
import { type CommentEvent, commentEvents } from './events.ts';

const MOST_REPLIES = 1_000;

type StandingComment = {
  readonly status: 'open' | 'resolved';
  readonly document: DocumentId;
  readonly author: MemberId;
  readonly text: string;
  readonly replies: ReadonlySet<string>;
};
export type Comment =
  | { readonly status: 'missing' }
  | { readonly status: 'removed'; readonly document: DocumentId }
  | { readonly status: 'erased' }
  | StandingComment;

/** The document is read before: whoever sends a command may comment on it. */
type OnDocument = { readonly document: DocumentId };

type MakeComment = OnDocument &
  AnchoredText & { readonly type: 'MakeComment'; readonly text: string };
type Reply = OnDocument & { readonly type: 'ReplyToComment'; readonly text: string };
type ResolveComment = OnDocument & { readonly type: 'ResolveComment' };
type ReopenComment = OnDocument & { readonly type: 'ReopenComment' };
type RemoveComment = OnDocument & {
  readonly type: 'RemoveComment';
  /** Whether the document says that its owner is asking. */
  readonly isOwner: boolean;
};
export type CommentCommand = MakeComment | Reply | ResolveComment | ReopenComment | RemoveComment;

function decide(command: CommentCommand, state: Comment, context: DecisionContext): CommentEvent[] {
  const { principal } = context;
  assertMay(principal, 'document.comment');
  if (command.type === 'MakeComment') return make(command, state, principal.member);
  const { document } = command;
  if (!('document' in state) || state.document !== document) {
    throw new Rejected('comment/not-found');
  }
  if (command.type === 'RemoveComment') return remove(command, state, principal.member);
  if (state.status === 'removed') throw new Rejected('comment/removed');
  switch (command.type) {
    case 'ReplyToComment':
      return reply(command, state, context);
    case 'ResolveComment':
      return state.status === 'resolved' ? [] : [{ type: 'CommentResolved', data: { document } }];
    case 'ReopenComment':
      return state.status === 'open' ? [] : [{ type: 'CommentReopened', data: { document } }];
  }
}

function make(
  { document, anchor, quoted, text }: MakeComment,
  state: Comment,
  author: MemberId,
): CommentEvent[] {
  mustBeStorable(text);
  if ('text' in state && isSame([state.author, state.text], [author, text])) return [];
  if (state.status !== 'missing') throw new Rejected('comment/already-exists');
  return [{ type: 'CommentMade', data: { document, author, anchor, quoted, text } }];
}

function reply(
  { document, text }: Reply,
  { replies }: StandingComment,
  { derive }: DecisionContext,
): CommentEvent[] {
  const reply = derive('reply');
  if (replies.has(reply)) return [];
  mustBeStorable(text);
  if (replies.size >= MOST_REPLIES) {
    throw new Rejected('comment/too-many-replies', { limit: MOST_REPLIES });
  }
  return [{ type: 'CommentReplied', data: { document, reply, text } }];
}

function remove(
  { document, isOwner }: RemoveComment,
  state: Extract<Comment, { document: DocumentId }>,
  member: MemberId,
): CommentEvent[] {
  if (state.status === 'removed') return [];
  if (!isOwner && state.author !== member) throw new Rejected('comment/not-yours');
  return [{ type: 'CommentRemoved', data: { document } }];
}

function evolve(state: Comment, event: CommentEvent): Comment {
  if (event.type === 'CommentMade') {
    const { document, author, text } = event.data;
    return { status: 'open', document, author, text, replies: new Set() };
  }
  return 'replies' in state ? evolveStanding(state, event) : state;
}

function evolveStanding(
  comment: StandingComment,
  event: Exclude<CommentEvent, { type: 'CommentMade' }>,
): Comment {
  switch (event.type) {
    case 'CommentReplied':
      return { ...comment, replies: new Set(comment.replies).add(event.data.reply) };
    case 'CommentResolved':
      return { ...comment, status: 'resolved' };
    case 'CommentReopened':
      return { ...comment, status: 'open' };
    case 'CommentRemoved':
      return { status: 'removed', document: comment.document };
  }
}

/** What somebody says about a text of a document, and what others answer. */
export const commentAggregate: Aggregate<Comment, CommentCommand, CommentEvent> = {
  kind: 'comment',
  decider: {
    initialState: { status: 'missing' },
    decide,
    evolve,
    erase: () => ({ status: 'erased' }),
  },
  events: commentEvents,
};
