import type { Transaction } from 'kysely';
import type { AnchoredText } from '#domain/anchor.ts';
import type { AskedRange } from '#domain/document/anchor/make-anchor.ts';
import { type CommentId, type DocumentId, derivedUuid } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';
import type { Views } from '#infra/postgres/projections/views.ts';
import {
  type CommentItem,
  type CommentsQuery,
  type DocumentCommentsTables,
  commentsOn,
} from '#projections/document-comments.ts';
import type { Page } from '#projections/page.ts';
import type { Aggregates } from './aggregates.ts';
import type { CommandMeta, Written } from './deps.ts';
import type { AnchoringDeps } from './document-deps.ts';
import { type Placed, placed } from './placed.ts';

/** What a caller says about a text. */
export type CommentAsked = {
  readonly range: AskedRange;
  readonly baseRevision: number | undefined;
  readonly text: string;
};

/** What is done to a comment that is there; on which document, the address says. */
export type CommentChange =
  | { readonly type: 'ReplyToComment'; readonly text: string }
  | { readonly type: 'ResolveComment' | 'ReopenComment' };

/** What the routes of comments need. All of it throws `Rejected` where the document does not allow it. */
export type CommentDeps = {
  readonly make: (
    document: DocumentId,
    asked: CommentAsked,
    meta: CommandMeta,
  ) => Promise<{ readonly id: CommentId; readonly written: Written }>;
  readonly change: (
    document: DocumentId,
    id: CommentId,
    change: CommentChange,
    meta: CommandMeta,
  ) => Promise<Written>;
  readonly remove: (document: DocumentId, id: CommentId, meta: CommandMeta) => Promise<Written>;
  readonly list: (
    principal: Principal,
    document: DocumentId,
    query: CommentsQuery,
  ) => Promise<Placed<Page<CommentItem>>>;
};

/** A repeat finds its comment there, whatever became of the text meanwhile. */
const anchoredBefore: AnchoredText = { anchor: { revision: 0, actors: [], runs: [] }, quoted: '' };

export function comments(
  { comments: { handle, history } }: Pick<Aggregates, 'comments'>,
  { rightsOn, anchor, find }: AnchoringDeps,
  views: Views,
): CommentDeps {
  return {
    make: async (document, { range, baseRevision, text }, meta) => {
      const { principal, tenant, commandId } = meta;
      await rightsOn(principal, document);
      const id = derivedUuid('comment', commandId) as CommentId;
      const isRepeat = (await history.newest(tenant, id)).revision >= 0;
      const anchored = isRepeat
        ? anchoredBefore
        : await anchor(principal, document, range, baseRevision);
      const command = { type: 'MakeComment', document, ...anchored, text } as const;
      return { id, written: await handle(id, command, meta) };
    },

    change: async (document, id, change, meta) => {
      await rightsOn(meta.principal, document);
      return await handle(id, { ...change, document }, meta);
    },

    remove: async (document, id, meta) => {
      const { isOwner } = await rightsOn(meta.principal, document);
      return await handle(id, { type: 'RemoveComment', document, isOwner }, meta);
    },

    list: async (principal, document, query) => {
      const page = await views.read((tables: Transaction<DocumentCommentsTables>) =>
        commentsOn(tables, principal.tenant, document, query),
      );
      return await placed(page, (anchors) => find(principal, document, anchors));
    },
  };
}
