import { type Transaction, sql } from 'kysely';
import type { Conflict, ConflictKind, TwoSides } from '#domain/document/conflict/conflict.ts';
import type { MemberId, SectionId } from '#domain/ids.ts';

/** An edit that its author, or that of another, had not seen. */
export type OtherEdit = {
  readonly revision: number;
  readonly actor: MemberId;
  readonly type: string;
  readonly group: string | null;
};

export type ToldConflict = {
  readonly kind: ConflictKind;
  readonly section: SectionId | null;
  /** The newest first. */
  readonly with: readonly OtherEdit[];
  readonly words: TwoSides | null;
  /** What brings back what was deleted, with everything that was written in it. */
  readonly bringBack: { readonly action: 'undo' | 'redo'; readonly group: string } | null;
  readonly more: boolean;
};

type Key = { readonly tenant_id: string; readonly document_id: string };

/** Conflicts as people read them: with edits instead of changes. */
export async function toldConflicts(
  tables: Transaction<unknown>,
  key: Key,
  conflicts: readonly (readonly Conflict[])[],
): Promise<readonly (readonly ToldConflict[])[]> {
  const places = conflicts.flat().flatMap((one) => [...one.with, one.goneBy ?? []].flat());
  const edits = await editsAt(tables, key, [...new Set(places)]);
  return conflicts.map((ofEdit) => ofEdit.flatMap((one) => told(one, edits)));
}

function told(conflict: Conflict, edits: ReadonlyMap<number, OtherEdit>): ToldConflict[] {
  const { kind, section, words, goneBy, more } = conflict;
  const others = conflict.with.flatMap((place) => edits.get(place) ?? []);
  // What the server wrote behind an edit only follows it, and the edit itself is told.
  const edited = distinct(others.filter(({ type }) => type !== 'ChangesReconciled'));
  if (edited.length === 0) return [];
  const gone = goneBy === null ? undefined : edits.get(goneBy);
  const bringBack = gone && {
    action: gone.type === 'ChangesUndone' ? ('redo' as const) : ('undo' as const),
    group: gone.group ?? '',
  };
  return [
    { kind, section, with: edited, words, bringBack: bringBack?.group ? bringBack : null, more },
  ];
}

const distinct = (edits: readonly OtherEdit[]): readonly OtherEdit[] => [
  ...new Map(edits.map((edit) => [edit.revision, edit])).values(),
];

/** Which edits these changes of a document belong to, by their places in it. */
async function editsAt(
  tables: Transaction<unknown>,
  { tenant_id, document_id }: Key,
  places: readonly number[],
): Promise<ReadonlyMap<number, OtherEdit>> {
  // Also for none: the database ends a transaction that says nothing for long.
  const { rows } = await sql<OtherEdit & { readonly place: number }>`
    select place, edit.* from unnest(${places}::int[]) as place, lateral (
      select revision, actor, type, edit_group as "group" from document_conflicts
       where tenant_id = ${tenant_id} and document_id = ${document_id} and changes > place
       order by changes, revision limit 1) edit`.execute(tables);
  return new Map(rows.map(({ place, ...edit }) => [place, edit]));
}
