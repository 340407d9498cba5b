import type { Section } from '#domain/document/content.ts';
import type { Authorship, AuthorshipOf } from './authorship.ts';
import { NONE } from './columns.ts';
import { MOVED } from './ledger.ts';
import type { SavedDocument } from './saved-document.ts';
import { type Rows, rowsOf } from './saved-rows.ts';

/**
 * The characters of a document. One that was deleted and came back, or that moved into another
 * section, is several elements of Automerge, one after the other: the newest stands for it.
 * Elements are rows of the saved document.
 */
export type Characters = {
  readonly saved: SavedDocument;
  readonly authorshipOf: AuthorshipOf;
  /** The element that took this one's place; `NONE` for the newest. */
  readonly next: Int32Array;
  /** The element that took this place's character before; `NONE` for the one that was typed. */
  readonly previous: Int32Array;
  /** By a section's text object: its elements, in Automerge's order. */
  readonly texts: ReadonlyMap<string, Rows>;
};

export function charactersOf(
  saved: SavedDocument,
  authorshipOf: AuthorshipOf,
  sections: readonly Pick<Section, 'object'>[],
): Characters {
  const { count } = saved.ops;
  const characters = {
    saved,
    authorshipOf,
    next: new Int32Array(count).fill(NONE),
    previous: new Int32Array(count).fill(NONE),
    texts: rowsOf(saved, new Set(sections.map(({ object }) => object))),
  };
  linkElements(characters);
  return characters;
}

/** The elements of a text, or of all texts, in Automerge's order. */
export function* elementsOf(
  { saved, texts }: Pick<Characters, 'saved' | 'texts'>,
  object?: string,
): Generator<number> {
  const among = object === undefined ? texts.values() : [texts.get(object)];
  for (const rows of among) {
    if (rows === undefined) continue;
    for (let row = rows.start; row < rows.end; row++) {
      if (saved.ops.isInsert[row] === 1) yield row;
    }
  }
}

export const authorshipOfRow = (
  { saved, authorshipOf }: Pick<Characters, 'saved' | 'authorshipOf'>,
  row: number,
): Authorship => authorshipOf(saved.ops.actor[row] ?? NONE, saved.ops.counter[row] ?? NONE);

/** The element that stands for the character now. */
export function newestOf({ next }: Pick<Characters, 'next'>, row: number): number {
  let at = row;
  for (let after = next[at] ?? NONE; after !== NONE; after = next[at] ?? NONE) at = after;
  return at;
}

type Numbered = { readonly row: number; readonly counter: number };
/** What a change that moves text inserts and deletes. */
type Moves = { readonly inserted: Numbered[]; readonly deleted: Numbered[] };

function linkElements(characters: Characters): void {
  const { saved, authorshipOf } = characters;
  const { ops, successors } = saved;
  const moves = new Map<number, Moves>();
  const movesAt = (place: number): Moves => {
    const found = moves.get(place) ?? { inserted: [], deleted: [] };
    moves.set(place, found);
    return found;
  };
  for (const row of elementsOf(characters)) {
    const { owner, isRevival, place } = authorshipOfRow(characters, row);
    if (isRevival) link(characters, elementBehindWhich(saved, row), row);
    if (owner === MOVED) movesAt(place).inserted.push({ row, counter: ops.counter[row] ?? NONE });
    for (let at = successors.start[row] ?? 0; at < (successors.start[row + 1] ?? 0); at++) {
      const counter = successors.counter[at] ?? NONE;
      const by = authorshipOf(successors.actor[at] ?? NONE, counter);
      if (by.owner === MOVED) movesAt(by.place).deleted.push({ row, counter });
    }
  }
  for (const { inserted, deleted } of moves.values()) {
    inserted.sort(byCounter);
    deleted.sort(byCounter);
    deleted.forEach(({ row }, index) => link(characters, row, inserted[index]?.row ?? NONE));
  }
}

const byCounter = (one: Numbered, other: Numbered) => one.counter - other.counter;

function link({ next, previous }: Characters, before: number, after: number): void {
  if (before === NONE || after === NONE) return;
  next[before] = after;
  previous[after] = before;
}

/** What is inserted behind an element comes right behind it, or behind others that did. */
function elementBehindWhich({ ops }: SavedDocument, row: number): number {
  const [actor, counter] = [ops.keyActor[row], ops.keyCounter[row]];
  if (actor === NONE) return NONE;
  let at = row - 1;
  while (at >= 0 && (ops.counter[at] !== counter || ops.actor[at] !== actor)) at--;
  return at;
}
