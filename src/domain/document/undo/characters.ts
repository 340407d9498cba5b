import type { Section } from '#domain/document/content.ts';
import type { Authors, Authorship } from './authorship.ts';
import { NONE } from './columns.ts';
import { linkElements } from './links.ts';
import type { SavedDocument } from './saved-document.ts';
import { type Rows, rowsOf } from './saved-rows.ts';

/**
 * The characters of a document. One that was deleted and came back, or that moved into another
 * section, is several elements of Automerge, one after the other: the newest stands for it.
 * Elements are rows of the saved document.
 */
export type Characters = Authors & {
  readonly saved: SavedDocument;
  /** The element that took this one's place; `NONE` for the newest. */
  readonly next: Int32Array;
  /** The element that took this place's character before; `NONE` for the one that was typed. */
  readonly previous: Int32Array;
  /** By a section's text object: its elements, in Automerge's order. */
  readonly texts: ReadonlyMap<string, Rows>;
};

export function charactersOf(
  saved: SavedDocument,
  authors: Authors,
  sections: readonly Pick<Section, 'object'>[],
): Characters {
  const { count } = saved.ops;
  const characters = {
    ...authors,
    saved,
    next: new Int32Array(count).fill(NONE),
    previous: new Int32Array(count).fill(NONE),
    texts: rowsOf(saved, new Set(sections.map(({ object }) => object))),
  };
  linkElements(characters);
  return characters;
}

/** The elements of a text, in Automerge's order. */
export function* elementsOf(
  { saved, texts }: Pick<Characters, 'saved' | 'texts'>,
  object: string,
): Generator<number> {
  const { start, end } = texts.get(object) ?? { start: 0, end: 0 };
  for (let row = start; row < end; row++) if (saved.ops.isInsert[row] === 1) yield row;
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
