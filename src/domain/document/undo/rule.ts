import type { Authorship } from './authorship.ts';
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
  const isDone = ({ owner }: Authorship) => counts(owner);
  const since = thereSince(characters, newest, isDone);
  return since !== undefined && !isDeletedSince(characters, newest, since, isDone);
}

/** Whether a character was deleted, and not brought back since, by what `isDone`. */
export const isGone = (
  characters: Characters,
  newest: number,
  isDone: (change: Authorship) => boolean,
): boolean =>
  isDeletedSince(characters, newest, thereSince(characters, newest, isDone) ?? NONE, isDone);

/** The place in the log of the last restore that is done, `NONE` where it was typed and never gone. */
function thereSince(
  characters: Characters,
  newest: number,
  isDone: (change: Authorship) => boolean,
): number | undefined {
  let since: number | undefined;
  for (let row = newest; row !== NONE; row = characters.previous[row] ?? NONE) {
    const isTyped = characters.previous[row] === NONE;
    const change = authorshipOfRow(characters, row);
    if ((isTyped || change.elements === 'revived') && isDone(change)) {
      since = Math.max(since ?? NONE, isTyped ? NONE : change.place);
    }
  }
  return since;
}

function isDeletedSince(
  characters: Characters,
  newest: number,
  since: number,
  isDone: (change: Authorship) => boolean,
): boolean {
  for (let row = newest; row !== NONE; row = characters.previous[row] ?? NONE) {
    for (const change of overwritersOf(characters, row)) {
      if (change.place > since && isDone(change)) return true;
    }
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
