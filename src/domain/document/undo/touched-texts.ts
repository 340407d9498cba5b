import type { Authorship } from './authorship.ts';
import type { Characters } from './characters.ts';
import { NONE } from './columns.ts';
import type { Cuts } from './cuts.ts';
import type { Ledger } from './ledger.ts';
import { isUpTo } from './reversals.ts';
import type { Rows } from './saved-rows.ts';
import { writtenBy } from './written-by.ts';

/**
 * The texts in which a group wrote or deleted, and those that share characters with them: the
 * others are what they are whether or not it is in effect.
 */
export function touchedTexts(
  characters: Characters,
  ledger: Ledger,
  group: number,
): ReadonlySet<string> {
  const texts = [...characters.texts].toSorted(([, one], [, other]) => one.start - other.start);
  const touched = new Set<number>();
  const isTouched = touchedBy(characters, ({ owner }) => isUpTo(ledger, owner, group));
  for (const [index, [, rows]] of texts.entries()) if (isTouched(rows)) touched.add(index);
  const related = characters.cuts ? byRoot(texts, characters.cuts) : byMoves(texts, characters);
  // A set takes in what is added while it is gone through.
  for (const index of touched) for (const other of related[index] ?? []) touched.add(other);
  return new Set([...touched].map((index) => texts[index]?.[0] ?? ''));
}

function touchedBy(
  characters: Characters,
  isMeant: (authorship: Authorship) => boolean,
): (rows: Rows) => boolean {
  const { start: first } = characters.saved.successors;
  const wrote = writtenBy(characters.saved, characters, isMeant);
  return ({ start, end }) => {
    let isTouched = false;
    const touch = () => (isTouched = true);
    wrote.rows(start, end, touch);
    if (!isTouched) wrote.successors(first[start] ?? 0, first[end] ?? 0, touch);
    return isTouched;
  };
}

type Texts = readonly (readonly [object: string, rows: Rows])[];
/** By text: those that share characters with it. */
type Related = readonly ReadonlySet<number>[];

/** Those into which characters moved out of it, and out of which into it. */
function byMoves(texts: Texts, { next }: Characters): Related {
  const related = texts.map(() => new Set<number>());
  for (const [index, [, { start, end }]] of texts.entries()) {
    for (let row = start; row < end; row++) {
      const after = next[row] ?? NONE;
      if (after === NONE || (after >= start && after < end)) continue;
      const other = texts.findIndex(([, rows]) => after >= rows.start && after < rows.end);
      related[index]?.add(other);
      related[other]?.add(index);
    }
  }
  return related;
}

/** In a merged document a character can belong into any of those that were one text once. */
function byRoot(texts: Texts, { places }: Cuts): Related {
  const roots = texts.map(([object]) => places.rootOf(object));
  const families = Map.groupBy(roots.keys(), (index) => roots[index]);
  return roots.map((root) => new Set(families.get(root)));
}
