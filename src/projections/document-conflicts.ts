import { type Transaction, sql } from 'kysely';
import { contentEvents, documentEvents } from '#domain/document/events.ts';
import type { DocumentId, MemberId, TenantId } from '#domain/ids.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import { type Counted, type Followed, type Run, follow } from './concurrent-edits.ts';
import { type Counting, conflictCounts, count } from './conflict-counts.ts';
import type { ConflictFinder } from './conflict-finder.ts';
import type { ProjectedEvent, Projection } from './projection.ts';
import { rowsOf } from './table-rows.ts';
import { type ToldConflict, toldConflicts } from './told-conflicts.ts';

type Row = {
  readonly tenant_id: string;
  readonly document_id: DocumentId;
  readonly revision: number;
  /** How many changes the document has with this event: by it the event of a change is found. */
  readonly changes: number;
  readonly actor: MemberId;
  readonly type: string;
  readonly edit_group: string | null;
  readonly conflicts: readonly ToldConflict[] | null;
};
export type DocumentConflictsTables = { document_conflicts: Row };

const rows = rowsOf({
  table: 'document_conflicts',
  columns: ['document_id', 'revision', 'changes', 'actor', 'type', 'edit_group', 'conflicts'],
  key: ['document_id', 'revision'],
});
const heads = rowsOf({
  table: 'document_heads',
  columns: ['document_id', 'revision', 'changes', 'heads'],
  key: ['document_id'],
});

/** `DocumentCreated` tells when a document is erased. */
const opened = new Set<string>(['DocumentCreated', 'ContentInherited', ...contentEvents]);

/**
 * Keeps `document_conflicts`: which edits met others that neither author had seen. Whoever writes on
 * top of everything costs a look at the heads of the document, which `document_heads` holds.
 */
export const documentConflicts = (finder: ConflictFinder): Projection => ({
  name: 'document_conflicts',
  version: 1,
  tables: [
    {
      name: 'document_conflicts',
      columns: `document_id uuid not null, revision integer not null, changes integer not null,
        actor uuid not null, type text not null, edit_group uuid, conflicts jsonb`,
      key: ['document_id', 'revision'],
      // Else finding the edit of a change would read all that ever happened to its document.
      indexes: [
        '(tenant_id, document_id, changes, revision)',
        '(tenant_id, document_id, revision) where conflicts is not null',
      ],
    },
    {
      name: 'document_heads',
      columns: `document_id uuid not null, revision integer not null, changes integer not null,
        heads jsonb not null`,
      key: ['document_id'],
    },
    conflictCounts,
  ],
  // Of every event at least the header, so that no revision goes by unseen.
  needs: (type) => {
    if (opened.has(type)) return 'body';
    return Object.hasOwn(documentEvents, type) ? 'header' : 'nothing';
  },
  handle: async (events, tables) => {
    const streams = [...Map.groupBy(events, ({ header }) => header.stream)];
    const followed = await followedIn(tables, streams);
    for (const [stream, ofDocument] of streams) {
      if (ofDocument.some(({ erased }) => erased === true)) await forget(tables, stream);
      else await take(finder, tables, stream, ofDocument, followed.get(stream));
    }
    // Also of what was erased: that somebody edited stays known.
    const edits = events.filter(({ type }) => type === 'ChangesApplied');
    await count(
      tables,
      edits.map(({ header }) => ({ tenant: header.tenant, kind: 'edits' })),
    );
  },
});

const keyOf = (stream: StreamName) => {
  const { tenant, id } = partsOf(stream)!;
  return { tenant_id: tenant, document_id: id as DocumentId };
};

async function followedIn(
  tables: Transaction<unknown>,
  streams: readonly (readonly [StreamName, unknown])[],
): Promise<ReadonlyMap<StreamName, Followed>> {
  const keys = new Map(streams.map(([stream]) => [keyText(keyOf(stream)), stream]));
  const known = await heads.load(
    tables,
    streams.map(([stream]) => keyOf(stream)),
  );
  return new Map(
    known.map((row) => [keys.get(keyText(row as Row))!, row as unknown as Followed] as const),
  );
}

const keyText = ({ tenant_id, document_id }: Pick<Row, 'tenant_id' | 'document_id'>): string =>
  `${tenant_id} ${document_id}`;

async function forget(tables: Transaction<unknown>, stream: StreamName): Promise<void> {
  const { tenant_id, document_id } = keyOf(stream);
  for (const table of ['document_conflicts', 'document_heads']) {
    await sql`delete from ${sql.id(table)}
               where tenant_id = ${tenant_id} and document_id = ${document_id}`.execute(tables);
  }
}

async function take(
  finder: ConflictFinder,
  tables: Transaction<unknown>,
  stream: StreamName,
  events: readonly ProjectedEvent[],
  known: Followed | undefined,
): Promise<void> {
  const key = keyOf(stream);
  const { followed, counted, runs } = await follow(finder, stream, events, known);
  const written = new Map(counted.map((one) => [one.event.header.revision, rowOf(key, one)]));
  // Before conflicts are told: those of these very events refer to them.
  await save(tables, [...written.values()]);
  await heads.save(tables, [{ before: undefined, after: { ...key, ...followed } }]);
  const told = await conflictsIn(finder, tables, stream, runs);
  const meeting = [...told].map(([revision, conflicts]) =>
    Object.assign({}, written.get(revision)!, { conflicts }),
  );
  await save(tables, meeting);
  const kinds = meeting.flatMap(({ conflicts }) => distinctKinds(conflicts));
  await count(
    tables,
    kinds.map((kind) => ({ tenant: key.tenant_id, kind })),
  );
}

async function conflictsIn(
  finder: ConflictFinder,
  tables: Transaction<unknown>,
  stream: StreamName,
  runs: readonly Run[],
): Promise<ReadonlyMap<number, readonly ToldConflict[]>> {
  const found = new Map<number, readonly ToldConflict[]>();
  for (const { revision, edits } of runs) {
    const conflicts = (await finder.conflictsAt(stream, revision, edits)) ?? [];
    const told = await toldConflicts(tables, keyOf(stream), conflicts);
    edits.forEach((edit, index) => {
      const ofEdit = told[index] ?? [];
      if (ofEdit.length > 0) found.set(edit.revision, ofEdit);
    });
  }
  return found;
}

const distinctKinds = (conflicts: readonly ToldConflict[]): Counting[] =>
  Array.from(new Set(conflicts.map(({ kind }) => kind)));

const save = (tables: Transaction<unknown>, written: readonly Row[]): Promise<void> =>
  rows.save(
    tables,
    written.map((after) => ({ before: undefined, after })),
  );

const rowOf = (key: ReturnType<typeof keyOf>, { event, changes }: Counted): Row => ({
  ...key,
  revision: event.header.revision,
  changes,
  actor: event.header.actor,
  type: event.type,
  edit_group: groupOf(event),
  conflicts: null,
});

function groupOf(event: ProjectedEvent): string | null {
  const data: { readonly group?: string } | undefined = event.erased ? undefined : event.data;
  return data?.group ?? null;
}

/** By revision, of those of a document that have any. */
export async function conflictsOfRevisions(
  tables: Transaction<DocumentConflictsTables>,
  tenant: TenantId,
  document: DocumentId,
  revisions: readonly number[],
): Promise<ReadonlyMap<number, readonly ToldConflict[]>> {
  if (revisions.length === 0) return new Map();
  const found = await tables
    .selectFrom('document_conflicts')
    .select(['revision', 'conflicts'])
    .where('tenant_id', '=', tenant)
    .where('document_id', '=', document)
    .where('revision', 'in', revisions)
    .where('conflicts', 'is not', null)
    .execute();
  return new Map(found.map(({ revision, conflicts }) => [revision, conflicts ?? []]));
}
