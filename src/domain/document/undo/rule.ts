import { type Characters, authorshipOfRow } from './characters.ts';
import { NONE } from './columns.ts';
import type { Owner } from './ledger.ts';

/** Whether what a change's owner did counts. */
export type Counts = (owner: Owner) => boolean;

/**
 * A character is visible exactly when a group in effect inserted it, or brought it back by a
 * restore, and no group in effect deleted it since. `newest` is the element that stands for it.
 */
export function isToBeVisible(characters: Characters, newest: number, counts: Counts): boolean {
  const since = thereSince(characters, newest, counts);
  if (since === undefined) return false;
  for (let row = newest; row !== NONE; row = characters.previous[row] ?? NONE) {
    if (isDeleted(characters, row, since, counts)) return false;
  }
  return true;
}

/** The place in the log of the last restore that counts, `NONE` where it was typed and never gone. */
function thereSince(characters: Characters, newest: number, counts: Counts): number | undefined {
  let since: number | undefined;
  for (let row = newest; row !== NONE; row = characters.previous[row] ?? NONE) {
    const isTyped = characters.previous[row] === NONE;
    const { owner, isRevival, place } = authorshipOfRow(characters, row);
    if ((isTyped || isRevival) && counts(owner)) {
      since = Math.max(since ?? NONE, isTyped ? NONE : place);
    }
  }
  return since;
}

function isDeleted(
  { saved, authorshipOf }: Characters,
  row: number,
  since: number,
  counts: Counts,
): boolean {
  const { start, actor, counter } = saved.successors;
  for (let at = start[row] ?? 0; at < (start[row + 1] ?? 0); at++) {
    const { owner, place } = authorshipOf(actor[at] ?? NONE, counter[at] ?? NONE);
    if (place > since && counts(owner)) return true;
  }
  return false;
}
