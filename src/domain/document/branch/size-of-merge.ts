import type { Section } from '#domain/document/content.ts';
import { type Characters, elementsOf, newestOf } from '#domain/document/undo/characters.ts';
import { NONE } from '#domain/document/undo/columns.ts';
import { type Counts, isToBeVisible } from '#domain/document/undo/rule.ts';
import { lengthAt } from '#domain/document/undo/saved-rows.ts';
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
  const size = { inserted: 0, deleted: 0 };
  for (let row = 0; row < isSeen.length; row++) {
    if (isSeen[row] === wasSeen[row]) continue;
    size[isSeen[row] === 1 ? 'inserted' : 'deleted'] += lengthAt(characters.saved, row);
  }
  return size;
}

/** A flag for each row: whether it stands for a character that is seen. */
function seenIn(
  characters: Characters,
  sections: Present,
  isSeen: (row: number) => boolean,
): Uint8Array {
  const seen = new Uint8Array(characters.next.length);
  for (const { object, present } of sections) {
    if (!present) continue;
    for (const row of elementsOf(characters, object)) {
      if (isSeen(row)) seen[newestOf(characters, row)] = 1;
    }
  }
  return seen;
}
