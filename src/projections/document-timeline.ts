import { type SqlBool, type Transaction, sql } from 'kysely';
import { type DocumentEvent, type SettledEvent, isEdit } from '#domain/document/events.ts';
import type { EventHeader, OpenedEvent } from '#domain/event.ts';
import type { DocumentId, MemberId, TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import { type Page, type PageQuery, instant, pageOf } from './page.ts';
import type { HeaderOnly, Projection } from './projection.ts';
import { settleGroups } from './groups-in-effect.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly document_id: DocumentId;
  readonly revision: number;
  readonly recorded_at: string;
  readonly actor: MemberId;
  readonly type: string;
  readonly origin: string | null;
  /** That an edit belongs to, or that was undone or redone. */
  readonly edit_group: string | null;
  /** Of an edit: whether its group is in effect. */
  readonly in_effect: boolean | null;
  readonly inserted: number;
  readonly deleted: number;
  /** Of the version that was named or lost its name. */
  readonly version_name: string | null;
  /** The revision that was named, or brought back. */
  readonly of_revision: number | null;
  readonly erased: boolean;
};
export type DocumentTimelineTables = { document_timeline: Row & { readonly tenant_id: string } };

const keyOf = ({ stream, revision }: EventHeader) => ({
  document_id: partsOf(stream)!.id as DocumentId,
  revision,
});

const step = ({ header }: { header: EventHeader }, details: Partial<Row> = {}): Row => ({
  ...keyOf(header),
  recorded_at: header.recordedAt,
  actor: header.actor,
  type: header.type,
  origin: null,
  edit_group: null,
  in_effect: null,
  inserted: 0,
  deleted: 0,
  version_name: null,
  of_revision: null,
  erased: false,
  ...details,
});

const plainStep = (_: unknown, event: HeaderOnly) => step(event);

/** What the server wrote for undo is no edit: it cannot be taken back itself. */
const settledStep = (_: unknown, event: OpenedEvent<SettledEvent>) =>
  step(event, {
    ...event.data.size,
    edit_group: event.type === 'ChangesReconciled' ? null : event.data.group,
  });

const steps = tableProjection<Row, 'document_id' | 'revision', DocumentEvent>({
  name: 'document_timeline',
  version: 2,
  restMs: 500,
  columns: {
    document_id: 'uuid not null',
    revision: 'integer not null',
    recorded_at: 'timestamptz not null',
    actor: 'uuid not null',
    type: 'text not null',
    origin: 'text',
    edit_group: 'uuid',
    in_effect: 'boolean',
    inserted: 'integer not null',
    deleted: 'integer not null',
    version_name: 'text',
    of_revision: 'integer',
    erased: 'boolean not null',
  },
  key: ['document_id', 'revision'],
  keyOf,
  oneRowPerEvent: true,
  // Else finding the edits of a group would read all that ever happened to its document.
  indexes: ['(tenant_id, document_id, edit_group) where in_effect is not null'],
  body: {
    ChangesApplied: (_, event) => {
      const { size, origin, group, restored } = event.data;
      return step(event, {
        ...size,
        origin,
        edit_group: group,
        in_effect: isEdit(event.data) ? true : null,
        of_revision: restored ?? null,
      });
    },
    ChangesUndone: settledStep,
    ChangesRedone: settledStep,
    ChangesReconciled: settledStep,
    VersionNamed: (_, event) =>
      step(event, { version_name: event.data.name, of_revision: event.data.revision }),
    VersionNameRemoved: (_, event) => step(event, { version_name: event.data.name }),
  },
  header: {
    DocumentCreated: plainStep,
    ContentInherited: plainStep,
    DocumentArchived: plainStep,
    DocumentUnarchived: plainStep,
    DocumentAccessChanged: plainStep,
    DocumentFiled: plainStep,
  },
  // Who did something and when stays known; what it was does not.
  erased: (_, event) => step(event, { erased: true }),
});

/**
 * Keeps `document_timeline`: one row for everything that happened to a document. Undo and redo
 * also change the rows of the edits that they are about.
 */
export const documentTimeline: Projection = {
  ...steps,
  handle: async (events, tables) => {
    await steps.handle(events, tables);
    await settleGroups(events, tables);
  },
};

const hasConflicts = sql<SqlBool>`exists (
  select from document_conflicts met
   where met.tenant_id = document_timeline.tenant_id
     and met.document_id = document_timeline.document_id
     and met.revision = document_timeline.revision and met.conflicts is not null)`;

/** Of the column: a larger number in a cursor would be refused by Postgres. */
const MOST_REVISION = 2 ** 31 - 1;

export type TimelineItem = {
  readonly revision: number;
  readonly recordedAt: string;
  readonly actor: MemberId;
  readonly type: string;
  readonly origin: string | null;
  readonly group: string | null;
  readonly inEffect: boolean | null;
  readonly inserted: number;
  readonly deleted: number;
  readonly versionName: string | null;
  readonly ofRevision: number | null;
  readonly erased: boolean;
};

export type TimelineQuery = PageQuery & {
  /** Only edits that met others; asks for the view of conflicts beside this one. */
  readonly conflicts?: boolean;
};

/** Newest first. Whether the caller may look is for the document's own access list to say. */
export async function documentTimelineOf(
  tables: Transaction<DocumentTimelineTables>,
  tenant: TenantId,
  document: DocumentId,
  { after, limit, conflicts }: TimelineQuery,
): Promise<Page<TimelineItem>> {
  let query = tables
    .selectFrom('document_timeline')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('document_id', '=', document);
  if (after !== undefined)
    query = query.where('revision', '<', Math.min(Number(after[0]), MOST_REVISION));
  if (conflicts === true) query = query.where(hasConflicts);
  const rows = await query
    .orderBy('revision', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(
    rows,
    limit,
    ({ revision }) => [revision],
    (row) => ({
      revision: row.revision,
      recordedAt: instant(row.recorded_at),
      actor: row.actor,
      type: row.type,
      origin: row.origin,
      group: row.edit_group,
      inEffect: row.in_effect,
      inserted: row.inserted,
      deleted: row.deleted,
      versionName: row.version_name,
      ofRevision: row.of_revision,
      erased: row.erased,
    }),
  );
}
