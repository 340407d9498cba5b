import type { Authorship } from './authorship.ts';
import { type Characters, authorshipOfRow } from './characters.ts';
import { NONE } from './columns.ts';
import type { Owner } from './ledger.ts';

/** Whether what a change's owner did counts. */
export type Counts = (owner: Owner) => boolean;

/**
 * A character is visible exactly when a group in effect inserted it, or brought it back by a
 * restore, and no group in effect deleted it since: a restore takes back the deletions that it had
 * seen. `newest` is the element that stands for it.
 */
export function isToBeVisible(characters: Characters, newest: number, counts: Counts): boolean {
  const isDone = ({ owner }: Authorship) => counts(owner);
  return isThere(characters, newest, isDone) && !isGone(characters, newest, isDone);
}

type IsDone = (change: Authorship) => boolean;

/** Whether it was typed or brought back by what `isDone`. */
function isThere(characters: Characters, newest: number, isDone: IsDone): boolean {
  for (let row = newest; row !== NONE; row = characters.previous[row] ?? NONE) {
    const isTyped = characters.previous[row] === NONE;
    const change = authorshipOfRow(characters, row);
    if ((isTyped || change.elements === 'revived') && isDone(change)) return true;
  }
  return false;
}

/** Whether a character was deleted, and not brought back since, by what `isDone`. */
export function isGone(characters: Characters, newest: number, isDone: IsDone): boolean {
  const { saved, authorshipOf, previous } = characters;
  const { start, actor, counter } = saved.successors;
  for (let row = newest; row !== NONE; row = previous[row] ?? NONE) {
    for (let at = start[row] ?? 0; at < (start[row + 1] ?? 0); at++) {
      const change = authorshipOf(actor[at] ?? NONE, counter[at] ?? NONE);
      if (isDone(change) && !isTakenBack(characters, newest, at, isDone)) return true;
    }
  }
  return false;
}

function isTakenBack(
  characters: Characters,
  newest: number,
  deletion: number,
  isDone: IsDone,
): boolean {
  for (let row = newest; row !== NONE; row = characters.previous[row] ?? NONE) {
    const change = authorshipOfRow(characters, row);
    const isRevival = change.elements === 'revived' && isDone(change);
    if (isRevival && characters.hadSeen(row, deletion)) return true;
  }
  return false;
}

/** The changes that deleted an element, be it to move it. */
export function* overwritersOf(
  { saved, authorshipOf }: Characters,
  row: number,
): Generator<Authorship> {
  const { start, actor, counter } = saved.successors;
  for (let at = start[row] ?? 0; at < (start[row + 1] ?? 0); at++) {
    yield authorshipOf(actor[at] ?? NONE, counter[at] ?? NONE);
  }
}
