import { type ExpressionBuilder, type SqlBool, type Transaction, sql } from 'kysely';
import type { AccessList } from '#domain/document/events.ts';
import type { DocumentId } from '#domain/ids.ts';
import { type Principal, reachOf } from '#domain/rights.ts';
import type { DocumentListTables, ListedRow } from './document-list.ts';
import { isFoundBy } from './document-sections.ts';
import { type Page, type PageQuery, instant, instantOf, pageOf } from './page.ts';

export type DocumentListQuery = PageQuery & {
  readonly folder?: string | undefined;
  readonly archived: boolean;
  /** Full-text search in titles and texts: words and "phrases", all of which must be found. */
  readonly q?: string | undefined;
};

export type DocumentListItem = {
  readonly id: DocumentId;
  readonly revision: number;
  readonly title: string;
  readonly folder: string | null;
  readonly archived: boolean;
  readonly branchOf: { readonly document: DocumentId; readonly revision: number } | null;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** What the principal may read: in a folder by its order, otherwise the newest first. */
export async function listDocuments(
  tables: Transaction<DocumentListTables>,
  principal: Principal,
  { folder, archived, q, after, limit }: DocumentListQuery,
): Promise<Page<DocumentListItem>> {
  let query = tables
    .selectFrom('document_list')
    .selectAll()
    .where('tenant_id', '=', principal.tenant)
    .where('archived', '=', archived)
    .where((row) => mayRead(row, principal));
  if (q !== undefined) query = query.where(isFoundBy(principal.tenant, q));
  if (folder === undefined) {
    if (after !== undefined) {
      query = query.where(isOlderThan(after));
    }
    query = query.orderBy('created_at', 'desc').orderBy('document_id', 'desc');
  } else {
    query = query.where('folder', '=', folder);
    if (after !== undefined) {
      query = query.where(sql<SqlBool>`(folder_order, document_id) > (${after[0]}, ${after[1]})`);
    }
    query = query.orderBy('folder_order').orderBy('document_id');
  }
  const rows = await query.limit(limit + 1).execute();
  const keysOf = (row: ListedRow) => [
    folder === undefined ? instant(row.created_at) : row.folder_order,
    row.document_id,
  ];
  return pageOf(rows, limit, keysOf, itemOf);
}

/** The branches of a document that the principal may read, the newest first. */
export async function listBranches(
  tables: Transaction<DocumentListTables>,
  principal: Principal,
  document: DocumentId,
  { after, limit }: PageQuery,
): Promise<Page<DocumentListItem>> {
  let query = tables
    .selectFrom('document_list')
    .selectAll()
    .where('tenant_id', '=', principal.tenant)
    .where('branch_of', '=', document)
    .where((row) => mayRead(row, principal));
  if (after !== undefined) query = query.where(isOlderThan(after));
  const rows = await query
    .orderBy('created_at', 'desc')
    .orderBy('document_id', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, (row) => [instant(row.created_at), row.document_id], itemOf);
}

const isOlderThan = (after: NonNullable<PageQuery['after']>) =>
  sql<SqlBool>`(created_at, document_id) < (${instantOf(after)}, ${after[1]})`;

/** One document's row, if the principal may read it. */
export async function listedDocument(
  tables: Transaction<DocumentListTables>,
  principal: Principal,
  id: DocumentId,
): Promise<(DocumentListItem & { readonly access: AccessList }) | undefined> {
  const row = await tables
    .selectFrom('document_list')
    .selectAll()
    .where('tenant_id', '=', principal.tenant)
    .where('document_id', '=', id)
    .where((row) => mayRead(row, principal))
    .executeTakeFirst();
  return row && { ...itemOf(row), access: row.access };
}

const itemOf = (row: ListedRow): DocumentListItem => ({
  id: row.document_id,
  revision: row.revision,
  title: row.title,
  folder: row.folder,
  archived: row.archived,
  branchOf:
    row.branch_of === null ? null : { document: row.branch_of, revision: row.branch_revision ?? 0 },
  createdAt: instant(row.created_at),
  updatedAt: instant(row.updated_at),
});

/** As the domain decides it: by role everywhere, else by the document's own access list. */
function mayRead(
  row: ExpressionBuilder<DocumentListTables, 'document_list'>,
  principal: Principal,
) {
  const reach = reachOf(principal, 'document.read');
  if (reach !== 'shared') return row.lit(reach === 'all');
  return row.or([
    sql<SqlBool>`document_list.access ? 'everyone'`,
    sql<SqlBool>`document_list.access -> 'members' ? ${principal.member}`,
    sql<SqlBool>`document_list.access -> 'groups' ?| ${[...principal.groups]}::text[]`,
  ]);
}
