import type { AccessList, ContentEvent, DocumentEvent } from '#domain/document/events.ts';
import type { EventHeader, OpenedEvent } from '#domain/event.ts';
import type { DocumentId, MemberId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import type { HeaderOnly } from './projection.ts';
import { tableProjection } from './table-projection.ts';

export type ListedRow = {
  readonly document_id: DocumentId;
  readonly title: string;
  readonly folder: string | null;
  readonly folder_order: string;
  readonly archived: boolean;
  readonly creator: MemberId;
  readonly access: AccessList;
  readonly branch_of: DocumentId | null;
  readonly branch_revision: number | null;
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
};
export type DocumentListTables = { document_list: ListedRow & { readonly tenant_id: string } };

const touched = (
  row: ListedRow | undefined,
  { header }: { header: EventHeader },
  change?: Partial<ListedRow>,
) => row && { ...row, ...change, revision: header.revision, updated_at: header.recordedAt };

const merelyTouched = (row: ListedRow | undefined, event: HeaderOnly) => touched(row, event);

const changed = (row: ListedRow | undefined, event: OpenedEvent<ContentEvent>) =>
  touched(row, event, event.data.title === undefined ? {} : { title: event.data.title });

/** Keeps `document_list`: one row a document, without its text. */
export const documentList = tableProjection<ListedRow, 'document_id', DocumentEvent>({
  name: 'document_list',
  version: 2,
  restMs: 500,
  columns: {
    document_id: 'uuid not null',
    title: 'text not null',
    folder: 'text',
    // Bytewise, as the domain makes and compares the keys.
    folder_order: 'text collate "C" not null',
    archived: 'boolean not null',
    creator: 'uuid not null',
    access: 'jsonb not null',
    branch_of: 'uuid',
    branch_revision: 'integer',
    revision: 'integer not null',
    created_at: 'timestamptz not null',
    updated_at: 'timestamptz not null',
  },
  key: ['document_id'],
  keyOf: (header) => ({ document_id: partsOf(header.stream)!.id as DocumentId }),
  indexes: [
    '(tenant_id, created_at desc, document_id desc)',
    '(tenant_id, folder, folder_order, document_id)',
    '(tenant_id, branch_of, created_at desc, document_id desc)',
    "using gin (to_tsvector('simple', title))",
  ],
  body: {
    DocumentCreated: (_, { data, header }) => ({
      document_id: partsOf(header.stream)!.id as DocumentId,
      title: data.title,
      folder: data.folder ?? null,
      folder_order: '',
      archived: false,
      creator: header.actor,
      access: data.access,
      branch_of: data.branchOf?.document ?? null,
      branch_revision: data.branchOf?.revision ?? null,
      revision: header.revision,
      created_at: header.recordedAt,
      updated_at: header.recordedAt,
    }),
    ChangesApplied: changed,
    ChangesUndone: changed,
    ChangesRedone: changed,
    ChangesReconciled: changed,
    DocumentAccessChanged: (row, event) => touched(row, event, { access: event.data.access }),
    DocumentFiled: (row, event) =>
      touched(row, event, { folder: event.data.folder, folder_order: event.data.order ?? '' }),
  },
  header: {
    ContentInherited: merelyTouched,
    DocumentArchived: (row, event) => touched(row, event, { archived: true }),
    DocumentUnarchived: (row, event) => touched(row, event, { archived: false }),
    VersionNamed: merelyTouched,
    VersionNameRemoved: merelyTouched,
  },
  // A document whose content was erased has nothing to be listed by.
  erased: () => undefined,
});
