import type { Section } from '#domain/document/content.ts';
import { type Characters, elementsOf, newestOf } from '#domain/document/undo/characters.ts';
import { NONE } from '#domain/document/undo/columns.ts';
import { type Counts, isToBeVisible } from '#domain/document/undo/rule.ts';
import { lengthAt } from '#domain/document/undo/saved-document.ts';
import { isAlive } from './sides.ts';

type Present = readonly Pick<Section, 'object' | 'present'>[];

/** UTF-16 units that readers see come and go with the changes from this place of the ledger on. */
export function sizeOfMerge(
  characters: Characters,
  counts: Counts,
  start: number,
  { before, after }: { readonly before: Present; readonly after: Present },
): { readonly inserted: number; readonly deleted: number } {
  const isBefore = (place: number) => place < start;
  const wasSeen = seenIn(characters, before, (row) => isAlive(characters, row, isBefore));
  const isSeen = seenIn(
    characters,
    after,
    (row) => characters.next[row] === NONE && isToBeVisible(characters, row, counts),
  );
  return {
    inserted: lengthOf(characters, isSeen, wasSeen),
    deleted: lengthOf(characters, wasSeen, isSeen),
  };
}

/** Of those that are among `rows` only. */
function lengthOf(
  { saved }: Characters,
  rows: ReadonlySet<number>,
  others: ReadonlySet<number>,
): number {
  let length = 0;
  for (const row of rows) if (!others.has(row)) length += lengthAt(saved, row);
  return length;
}

function seenIn(
  characters: Characters,
  sections: Present,
  isSeen: (row: number) => boolean,
): ReadonlySet<number> {
  const seen = new Set<number>();
  for (const { object, present } of sections) {
    if (!present) continue;
    for (const row of elementsOf(characters, object)) {
      if (isSeen(row)) seen.add(newestOf(characters, row));
    }
  }
  return seen;
}
