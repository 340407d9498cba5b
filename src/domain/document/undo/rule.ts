import { type Characters, authorshipOfRow } from './characters.ts';
import { NONE } from './columns.ts';
import type { Owner } from './ledger.ts';

/** Whether what a change's owner did counts. */
export type Counts = (owner: Owner) => boolean;

/**
 * A character is visible exactly when the group that inserted it is in effect and no group in
 * effect deletes it. `newest` is the element that stands for it.
 */
export function isToBeVisible(characters: Characters, newest: number, counts: Counts): boolean {
  let row = newest;
  for (; !isDeleted(characters, row, counts); row = characters.previous[row] ?? NONE) {
    if (characters.previous[row] === NONE) return counts(authorshipOfRow(characters, row).owner);
  }
  return false;
}

function isDeleted({ saved, authorshipOf }: Characters, row: number, counts: Counts): boolean {
  const { start, actor, counter } = saved.successors;
  for (let at = start[row] ?? 0; at < (start[row + 1] ?? 0); at++) {
    if (counts(authorshipOf(actor[at] ?? NONE, counter[at] ?? NONE).owner)) return true;
  }
  return false;
}
