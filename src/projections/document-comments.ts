import { type SqlBool, type Transaction, sql } from 'kysely';
import type { Anchor } from '#domain/anchor.ts';
import type { CommentEvent } from '#domain/comment/events.ts';
import type { CommentId, DocumentId, MemberId, TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import { type Page, type PageQuery, instant, instantOf, pageOf } from './page.ts';
import type { HeaderOnly } from './projection.ts';
import { tableProjection } from './table-projection.ts';

type Reply = {
  readonly id: string;
  readonly author: MemberId;
  readonly text: string;
  readonly createdAt: string;
};

type Row = {
  readonly comment_id: CommentId;
  readonly document_id: DocumentId;
  readonly author: MemberId;
  readonly anchor: Anchor;
  readonly quoted: string;
  readonly text: string;
  readonly replies: readonly Reply[];
  readonly resolved_by: MemberId | null;
  readonly revision: number;
  readonly created_at: string;
};
export type DocumentCommentsTables = { document_comments: Row & { readonly tenant_id: string } };

const changed = (
  row: Row | undefined,
  { header: { revision } }: Pick<HeaderOnly, 'header'>,
  change: Partial<Row>,
) => row && { ...row, ...change, revision };

/** Keeps `document_comments`: what people say about texts of documents, with the answers. */
export const documentComments = tableProjection<Row, 'comment_id', CommentEvent>({
  name: 'document_comments',
  version: 1,
  columns: {
    comment_id: 'uuid not null',
    document_id: 'uuid not null',
    author: 'uuid not null',
    anchor: 'jsonb not null',
    quoted: 'text not null',
    text: 'text not null',
    replies: 'jsonb not null',
    resolved_by: 'uuid',
    revision: 'integer not null',
    created_at: 'timestamptz not null',
  },
  key: ['comment_id'],
  keyOf: (header) => ({ comment_id: partsOf(header.stream)!.id as CommentId }),
  indexes: ['(tenant_id, document_id, created_at, comment_id)'],
  body: {
    CommentMade: (_, { data, header }) => ({
      comment_id: partsOf(header.stream)!.id as CommentId,
      document_id: data.document,
      author: header.actor,
      anchor: data.anchor,
      quoted: data.quoted,
      text: data.text,
      replies: [],
      resolved_by: null,
      revision: header.revision,
      created_at: header.recordedAt,
    }),
    CommentReplied: (row, { data, header }) => {
      const { actor: author, recordedAt: createdAt } = header;
      const reply = { id: data.reply, author, text: data.text, createdAt };
      return changed(row, { header }, { replies: [...(row?.replies ?? []), reply] });
    },
  },
  header: {
    CommentResolved: (row, event) => changed(row, event, { resolved_by: event.header.actor }),
    CommentReopened: (row, event) => changed(row, event, { resolved_by: null }),
    CommentRemoved: () => undefined,
  },
  erased: () => undefined,
});

export type CommentItem = Omit<Row, 'comment_id' | 'document_id' | 'resolved_by' | 'created_at'> & {
  readonly id: CommentId;
  readonly resolvedBy: MemberId | null;
  readonly createdAt: string;
};

export type CommentsQuery = PageQuery & { readonly resolved?: boolean | undefined };

/** In the order in which they were made. Whether the caller may read the document is not asked here. */
export async function commentsOn(
  tables: Transaction<DocumentCommentsTables>,
  tenant: TenantId,
  document: DocumentId,
  { resolved, after, limit }: CommentsQuery,
): Promise<Page<CommentItem>> {
  let query = tables
    .selectFrom('document_comments')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('document_id', '=', document);
  if (resolved !== undefined) {
    query = query.where('resolved_by', resolved ? 'is not' : 'is', null);
  }
  if (after !== undefined) {
    query = query.where(
      sql<SqlBool>`(created_at, comment_id) > (${instantOf(after)}, ${after[1]})`,
    );
  }
  const rows = await query
    .orderBy('created_at')
    .orderBy('comment_id')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, (row) => [instant(row.created_at), row.comment_id], itemOf);
}

const itemOf = (row: Row): CommentItem => ({
  id: row.comment_id,
  author: row.author,
  anchor: row.anchor,
  quoted: row.quoted,
  text: row.text,
  replies: row.replies,
  resolvedBy: row.resolved_by,
  revision: row.revision,
  createdAt: instant(row.created_at),
});
