import type { Merge } from '#domain/document/state.ts';
import type { Authorship } from '#domain/document/undo/authorship.ts';
import { type Characters, authorshipOfRow } from '#domain/document/undo/characters.ts';
import { NONE } from '#domain/document/undo/columns.ts';
import { type Counts, isGone, overwritersOf } from '#domain/document/undo/rule.ts';

/** Whether somebody knows the change at this place of the ledger. */
export type Knows = (place: number) => boolean;

/** Each side of a merge: who knows only what was there before both, and who knows one of them. */
export type Sides = { readonly base: Knows; readonly document: Knows; readonly branch: Knows };

export const sidesOf = ({ since, start, carried }: Merge): Sides => ({
  base: (place) => place < since,
  document: (place) => place < start,
  branch: (place) => place < since || (place >= start && place < carried),
});

/** Whether an element was there, and not deleted, for somebody who knows these changes. */
export function isAlive(characters: Characters, row: number, knows: Knows): boolean {
  if (!knows(authorshipOfRow(characters, row).place)) return false;
  for (const { place } of overwritersOf(characters, row)) if (knows(place)) return false;
  return true;
}

/** Whether the character that `newest` stands for was there, for somebody who knows these changes. */
export function isSeen(
  characters: Characters,
  newest: number,
  knows: Knows,
  counts: Counts,
): boolean {
  const isDone = ({ place, owner }: Authorship) => knows(place) && counts(owner);
  if (isGone(characters, newest, isDone)) return false;
  for (let row = newest; row !== NONE; row = characters.previous[row] ?? NONE) {
    if (isAlive(characters, row, knows)) return true;
  }
  return false;
}
