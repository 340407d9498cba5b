import type { Transaction } from 'kysely';
import type { DocumentEvent } from '#domain/document/events.ts';
import type { DocumentId, MemberId, TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import { tableProjection } from './table-projection.ts';

type NamedVersion = {
  readonly name: string;
  readonly revision: number;
  readonly namedBy: MemberId;
  readonly namedAt: string;
};

type Row = { readonly document_id: DocumentId; readonly versions: readonly NamedVersion[] };
export type DocumentVersionsTables = { document_versions: Row & { readonly tenant_id: string } };

/** Keeps `document_versions`: the names that revisions of a document have, one row a document. */
export const documentVersions = tableProjection<Row, 'document_id', DocumentEvent>({
  name: 'document_versions',
  version: 1,
  columns: { document_id: 'uuid not null', versions: 'jsonb not null' },
  key: ['document_id'],
  keyOf: (header) => ({ document_id: partsOf(header.stream)!.id as DocumentId }),
  body: {
    VersionNamed: (row, { data: { name, revision }, header }) => {
      const others = without(row, name);
      const version = { name, revision, namedBy: header.actor, namedAt: header.recordedAt };
      return { ...rowOf(row), versions: [...others, version] };
    },
    VersionNameRemoved: (row, { data }) => {
      const others = without(row, data.name);
      return others.length === 0 ? undefined : { ...rowOf(row), versions: others };
    },
  },
  erased: () => undefined,
});

const rowOf = (row: Row | undefined): Row => row ?? { document_id: '' as DocumentId, versions: [] };

const without = (row: Row | undefined, name: string) =>
  rowOf(row).versions.filter((version) => version.name !== name);

/** By the revision they stand for, oldest first. */
export async function versionsOf(
  tables: Transaction<DocumentVersionsTables>,
  tenant: TenantId,
  document: DocumentId,
): Promise<readonly NamedVersion[]> {
  const row = await tables
    .selectFrom('document_versions')
    .select('versions')
    .where('tenant_id', '=', tenant)
    .where('document_id', '=', document)
    .executeTakeFirst();
  return (row?.versions ?? []).toSorted((a, b) => a.revision - b.revision);
}
