import { type SqlBool, type Transaction, sql } from 'kysely';
import type { Anchor } from '#domain/anchor.ts';
import type { Origin } from '#domain/document/events.ts';
import type { EventHeader } from '#domain/event.ts';
import type { DocumentId, MemberId, SuggestionId, TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import type { SuggestionEvent } from '#domain/suggestion/events.ts';
import { type Page, type PageQuery, instant, instantOf, pageOf } from './page.ts';
import { tableProjection } from './table-projection.ts';

/** What became of a suggestion; `part`, `whole` and `edited`: it was accepted. */
export const suggestionOutcomes = ['open', 'whole', 'part', 'edited', 'rejected'] as const;
export type SuggestionOutcome = (typeof suggestionOutcomes)[number];

type Row = {
  readonly suggestion_id: SuggestionId;
  readonly document_id: DocumentId;
  readonly author: MemberId;
  readonly anchor: Anchor;
  readonly quoted: string;
  readonly replacement: string;
  readonly note: string | null;
  readonly origin: Origin;
  readonly outcome: SuggestionOutcome;
  readonly settled_by: MemberId | null;
  /** Of the document: where it holds what was taken. */
  readonly taken_at: number | null;
  readonly taken_text: string | null;
  readonly reason: string | null;
  readonly revision: number;
  readonly created_at: string;
};
export type DocumentSuggestionsTables = {
  document_suggestions: Row & { readonly tenant_id: string };
};

const settled = (
  row: Row | undefined,
  { revision, actor }: EventHeader,
  change: Pick<Row, 'outcome'> & Partial<Row>,
) => row && { ...row, ...change, settled_by: actor, revision };

/** Keeps `document_suggestions`: what was suggested instead of texts of documents, and its outcome. */
export const documentSuggestions = tableProjection<Row, 'suggestion_id', SuggestionEvent>({
  name: 'document_suggestions',
  version: 1,
  columns: {
    suggestion_id: 'uuid not null',
    document_id: 'uuid not null',
    author: 'uuid not null',
    anchor: 'jsonb not null',
    quoted: 'text not null',
    replacement: 'text not null',
    note: 'text',
    origin: 'text not null',
    outcome: 'text not null',
    settled_by: 'uuid',
    taken_at: 'integer',
    taken_text: 'text',
    reason: 'text',
    revision: 'integer not null',
    created_at: 'timestamptz not null',
  },
  key: ['suggestion_id'],
  keyOf: (header) => ({ suggestion_id: partsOf(header.stream)!.id as SuggestionId }),
  indexes: ['(tenant_id, document_id, created_at, suggestion_id)'],
  body: {
    SuggestionMade: (_, { data, header }) => ({
      suggestion_id: partsOf(header.stream)!.id as SuggestionId,
      document_id: data.document,
      author: header.actor,
      anchor: data.anchor,
      quoted: data.quoted,
      replacement: data.replacement,
      note: data.note ?? null,
      origin: data.origin,
      outcome: 'open',
      settled_by: null,
      taken_at: null,
      taken_text: null,
      reason: null,
      revision: header.revision,
      created_at: header.recordedAt,
    }),
    SuggestionAccepted: (row, { data: { extent, revision, text }, header }) =>
      settled(row, header, { outcome: extent, taken_at: revision, taken_text: text }),
    SuggestionEdited: (row, { data: { revision, text }, header }) =>
      settled(row, header, { outcome: 'edited', taken_at: revision, taken_text: text }),
    SuggestionRejected: (row, { data, header }) =>
      settled(row, header, { outcome: 'rejected', reason: data.reason ?? null }),
  },
  erased: () => undefined,
});

export type SuggestionItem = Pick<
  Row,
  'author' | 'anchor' | 'quoted' | 'replacement' | 'note' | 'origin' | 'outcome' | 'reason'
> & {
  readonly id: SuggestionId;
  readonly settledBy: MemberId | null;
  readonly takenAt: number | null;
  readonly takenText: string | null;
  readonly revision: number;
  readonly createdAt: string;
};

export type SuggestionsQuery = PageQuery & { readonly open?: boolean | undefined };

/** In the order in which they were made. Whether the caller may read the document is not asked here. */
export async function suggestionsOn(
  tables: Transaction<DocumentSuggestionsTables>,
  tenant: TenantId,
  document: DocumentId,
  { open, after, limit }: SuggestionsQuery,
): Promise<Page<SuggestionItem>> {
  let query = tables
    .selectFrom('document_suggestions')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('document_id', '=', document);
  if (open !== undefined) query = query.where('outcome', open ? '=' : '<>', 'open');
  if (after !== undefined) {
    query = query.where(
      sql<SqlBool>`(created_at, suggestion_id) > (${instantOf(after)}, ${after[1]})`,
    );
  }
  const rows = await query
    .orderBy('created_at')
    .orderBy('suggestion_id')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, (row) => [instant(row.created_at), row.suggestion_id], itemOf);
}

const itemOf = (row: Row): SuggestionItem => ({
  id: row.suggestion_id,
  author: row.author,
  anchor: row.anchor,
  quoted: row.quoted,
  replacement: row.replacement,
  note: row.note,
  origin: row.origin,
  outcome: row.outcome,
  reason: row.reason,
  settledBy: row.settled_by,
  takenAt: row.taken_at,
  takenText: row.taken_text,
  revision: row.revision,
  createdAt: instant(row.created_at),
});

export type OutcomeCount = {
  readonly origin: Origin;
  readonly outcome: SuggestionOutcome;
  readonly count: number;
};

/** How many suggestions of each origin came to what. */
export async function outcomesOn(
  tables: Transaction<DocumentSuggestionsTables>,
  tenant: TenantId,
  document: DocumentId,
): Promise<readonly OutcomeCount[]> {
  return await tables
    .selectFrom('document_suggestions')
    .select(['origin', 'outcome', sql<number>`count(*)::integer`.as('count')])
    .where('tenant_id', '=', tenant)
    .where('document_id', '=', document)
    .groupBy(['origin', 'outcome'])
    .orderBy('origin')
    .orderBy('outcome')
    .execute();
}
