import type { Section } from '#domain/document/content.ts';
import type { Authors, Authorship } from './authorship.ts';
import { NONE } from './columns.ts';
import { type Cuts, cutsIn } from './cuts.ts';
import { type HadSeen, hadSeenByDependencies, hadSeenByPlace } from './knowledge.ts';
import { type Links, linksIn } from './links.ts';
import type { SavedDocument } from './saved-document.ts';
import { type Rows, rowsOf } from './saved-rows.ts';

/**
 * The characters of a document. One that was deleted and came back, or that moved into another
 * section, is several elements of Automerge, one after the other: the newest stands for it.
 * Elements are rows of the saved document.
 */
export type Characters = Authors &
  Links & {
    readonly saved: SavedDocument;
    /** By a section's text object: its elements, in Automerge's order. */
    readonly texts: ReadonlyMap<string, Rows>;
    readonly hadSeen: HadSeen;
    /** Of a document that a branch was ever merged into. */
    readonly cuts: Cuts | undefined;
  };

/** `isMerged` says that a branch was ever merged: see `arrangementByPlace`. */
export function charactersOf(
  saved: SavedDocument,
  authors: Authors,
  sections: readonly Pick<Section, 'object'>[],
  isMerged: boolean,
): Characters {
  const texts = rowsOf(saved, new Set(sections.map(({ object }) => object)));
  // From the first row to the last: `behind` reads them in one go.
  const inOrder = [...texts.values()].toSorted((one, other) => one.start - other.start);
  const { forked, ...links } = linksIn(saved, authors, inOrder);
  const cuts = isMerged ? cutsIn({ saved, texts, links, forked }) : undefined;
  const hadSeen = isMerged ? hadSeenByDependencies(saved, authors) : hadSeenByPlace(saved, authors);
  return { ...authors, ...links, saved, texts, cuts, hadSeen };
}

/** The elements of a text, or of all texts, in Automerge's order. */
export function* elementsOf(
  { saved, texts }: Pick<Characters, 'saved' | 'texts'>,
  object?: string,
): Generator<number> {
  const rows = object === undefined ? texts.values() : [texts.get(object) ?? { start: 0, end: 0 }];
  for (const { start, end } of rows) {
    for (let row = start; row < end; row++) if (saved.ops.isInsert[row] === 1) yield row;
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
