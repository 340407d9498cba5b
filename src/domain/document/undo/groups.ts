import type { Origin } from '#domain/document/events.ts';
import type { MemberId } from '#domain/ids.ts';

/** Older groups stay as they are: in effect for ever, or taken back for ever. */
export const MOST_GROUPS = 1_000;
export const UNDO_DAYS = 30;
const UNDO_SECONDS = UNDO_DAYS * 24 * 60 * 60;

/** Edits that are taken back together. */
export type EditGroup = {
  /** Counts the document's groups; their changes are kept with it. */
  readonly number: number;
  readonly id: string;
  readonly author: MemberId;
  readonly origin: Origin;
  /** Of its newest edit, in seconds since 1970. */
  readonly at: number;
  readonly undone: Undone | undefined;
};

type Undone = {
  /** Counts how often anything was undone in this document: redo begins with the last. */
  readonly turn: number;
  readonly by: MemberId;
  /** Whoever undid it went on editing since. */
  readonly isFinal: boolean;
};

/** The groups that undo reaches. A **linear** value, like the content: it changes in place. */
export type EditGroups = {
  /** By number, oldest first. */
  readonly known: Map<number, EditGroup>;
  /** The newest of each id. */
  readonly numbers: Map<string, number>;
  readonly newestOf: Map<MemberId, number>;
  /** Those that can be redone. */
  readonly redoable: Set<number>;
  /** Those beyond reach that are not in effect. */
  readonly gone: Set<number>;
  /** How many groups there ever were. */
  count: number;
  turns: number;
};

export const newEditGroups = (): EditGroups => ({
  known: new Map(),
  numbers: new Map(),
  newestOf: new Map(),
  redoable: new Set(),
  gone: new Set(),
  count: 0,
  turns: 0,
});

export const isInEffect = ({ known, gone }: EditGroups, number: number): boolean =>
  known.get(number)?.undone === undefined && !gone.has(number);

export const groupOf = ({ known, numbers }: EditGroups, id: string): EditGroup | undefined =>
  known.get(numbers.get(id) ?? -1);

/** The newest in effect that `fits`. */
export const lastInEffect = (
  { known }: EditGroups,
  fits: (group: EditGroup) => boolean,
): EditGroup | undefined =>
  [...known.values()].findLast((group) => group.undone === undefined && fits(group));

/** Of those that can be redone and `fit`, the one that was undone last. */
export function lastUndone(
  { known, redoable }: EditGroups,
  fits: (group: EditGroup) => boolean,
): EditGroup | undefined {
  let last: EditGroup | undefined;
  for (const number of redoable) {
    const group = known.get(number);
    if (group === undefined || !fits(group)) continue;
    if ((group.undone?.turn ?? 0) >= (last?.undone?.turn ?? 0)) last = group;
  }
  return last;
}

/**
 * Whether more edits may join: only the author's newest group that is in effect. What was taken
 * back takes nothing more in, and a group among later ones would be undone out of turn.
 */
export function isOpenTo(groups: EditGroups, id: string, author: MemberId): boolean {
  const group = groupOf(groups, id);
  if (group === undefined) return true;
  return group.undone === undefined && groups.newestOf.get(author) === group.number;
}

/** Takes an edit in; answers its group's number. What its author undid can no longer be redone. */
export function takeEdit(groups: EditGroups, edit: Omit<EditGroup, 'number' | 'undone'>): number {
  noMoreRedo(groups, edit.author);
  const open = groupOf(groups, edit.id);
  const isNew = open?.undone !== undefined || open?.author !== edit.author;
  const number = isNew ? groups.count++ : open.number;
  keep(groups, { ...edit, number, undone: undefined });
  for (const [oldest, group] of groups.known) {
    if (groups.known.size <= MOST_GROUPS) break;
    forget(groups, oldest, group);
  }
  return number;
}

export function noMoreRedo({ known, redoable }: EditGroups, author: MemberId): void {
  for (const number of redoable) {
    const group = known.get(number);
    if (group?.undone?.by !== author) continue;
    known.set(number, { ...group, undone: { ...group.undone, isFinal: true } });
    redoable.delete(number);
  }
}

export function keep(groups: EditGroups, group: EditGroup): void {
  const { number, id, author, undone } = group;
  groups.known.set(number, group);
  groups.numbers.set(id, number);
  groups.newestOf.set(author, Math.max(number, groups.newestOf.get(author) ?? 0));
  if (undone && !undone.isFinal) groups.redoable.add(number);
  else groups.redoable.delete(number);
}

function forget(groups: EditGroups, number: number, { id, undone }: EditGroup): void {
  groups.known.delete(number);
  groups.redoable.delete(number);
  if (groups.numbers.get(id) === number) groups.numbers.delete(id);
  if (undone) groups.gone.add(number);
}

export function takeUndo(groups: EditGroups, id: string, by: MemberId): void {
  const group = groupOf(groups, id);
  if (group === undefined || group.undone) return;
  keep(groups, { ...group, undone: { turn: ++groups.turns, by, isFinal: false } });
}

export function takeRedo(groups: EditGroups, id: string): void {
  const group = groupOf(groups, id);
  if (group) keep(groups, { ...group, undone: undefined });
}

export const isTooOld = ({ at }: EditGroup, now: Date): boolean =>
  now.getTime() / 1_000 - at > UNDO_SECONDS;
