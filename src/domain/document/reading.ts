import {
  type DocumentBase,
  type DocumentContent,
  type RestorePoint,
  presentSections,
  presentTexts,
} from './content.ts';
import type { CutFrom } from './lineage.ts';
import { freeContent, saved, settled } from './live-content.ts';
import { headsOf } from './replica.ts';
import type { LivingDocument } from './state.ts';
import { knownIn } from './undo/ledger.ts';

export const titleOf = ({ content }: LivingDocument): string => settled(content).title;

/** The plain concatenation of the sections' texts: cuts add and drop no character. */
export const markdownOf = (state: LivingDocument): string =>
  sectionsOf(state)
    .map(({ text }) => text)
    .join('');

/** The sections that readers see, in order. */
export const sectionsOf = ({ content }: LivingDocument): DocumentContent['sections'] =>
  presentTexts(settled(content));

export const contentOf = (state: LivingDocument): DocumentContent => ({
  title: titleOf(state),
  sections: sectionsOf(state),
  cutFrom: cutFromOf(state),
});

export const restorePointOf = (state: LivingDocument): RestorePoint => ({
  ...contentOf(state),
  known: knownIn(state.ledger),
});

export const cutFromOf = ({ cuts }: LivingDocument): CutFrom =>
  Object.fromEntries(cuts.map(({ from, to }) => [to, from]));

/** Length of the Markdown in UTF-16 units, without reading it. */
export const lengthOf = ({ content }: LivingDocument): number =>
  presentSections(settled(content)).reduce((sum, { length }) => sum + length, 0);

/** What edits with `baseRevision` are read against: plain data that outlives the state. */
export function baseOf({ content, ledger }: LivingDocument, revision: number): DocumentBase {
  const { replica, title, sections } = settled(content);
  const plain = sections.map(({ id, order, present, length }) => ({ id, order, present, length }));
  const known = knownIn(ledger);
  return { revision, title, heads: headsOf(replica), known, sections: plain };
}

/** Everything that Automerge knows of the document, for whoever is to write in a copy of it. */
export const savedOf = ({ content }: LivingDocument): Uint8Array => saved(content);

/** Gives the memory back. The state must not be used any more. */
export const freeDocument = ({ content }: LivingDocument): void => freeContent(content);
