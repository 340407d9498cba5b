import { type Transaction, sql } from 'kysely';
import type { DocumentId, MemberId, TenantId } from '#domain/ids.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import type { Counted, Followed } from './concurrent-edits.ts';
import type { ProjectedEvent } from './projection.ts';
import { rowsOf } from './table-rows.ts';
import type { ToldConflict } from './told-conflicts.ts';

export type Row = {
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
export const heads = rowsOf({
  table: 'document_heads',
  columns: ['document_id', 'revision', 'changes', 'heads'],
  key: ['document_id'],
});

export const keyOf = (stream: StreamName) => {
  const { tenant, id } = partsOf(stream)!;
  return { tenant_id: tenant, document_id: id as DocumentId };
};

export async function followedIn(
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

export async function forget(tables: Transaction<unknown>, stream: StreamName): Promise<void> {
  const { tenant_id, document_id } = keyOf(stream);
  for (const table of ['document_conflicts', 'document_heads']) {
    await sql`delete from ${sql.id(table)}
               where tenant_id = ${tenant_id} and document_id = ${document_id}`.execute(tables);
  }
}

export const save = (tables: Transaction<unknown>, written: readonly Row[]): Promise<void> =>
  rows.save(
    tables,
    written.map((after) => ({ before: undefined, after })),
  );

export const rowOf = (key: ReturnType<typeof keyOf>, { event, changes }: Counted): Row => ({
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
