import { type DocumentBase, type DocumentContent, presentSections, textOf } from './content.ts';
import { headsOf } from './replica.ts';
import type { LivingDocument } from './state.ts';

export const titleOf = ({ content }: LivingDocument): string => content.title;

/** The plain concatenation of the sections' texts: cuts add and drop no character. */
export const markdownOf = ({ content }: LivingDocument): string =>
  presentSections(content)
    .map((section) => textOf(content, section))
    .join('');

/** The sections that readers see, in order. */
export const sectionsOf = (state: LivingDocument): DocumentContent['sections'] =>
  presentSections(state.content).map((section) => ({
    id: section.id,
    order: section.order,
    text: textOf(state.content, section),
  }));

export const contentOf = (state: LivingDocument): DocumentContent => ({
  title: titleOf(state),
  sections: sectionsOf(state),
});

/** Length of the Markdown in UTF-16 units, without reading it. */
export const lengthOf = ({ content }: LivingDocument): number =>
  presentSections(content).reduce((sum, { length }) => sum + length, 0);

/** What edits with `baseRevision` are read against: plain data that outlives the state. */
export const baseOf = ({ content }: LivingDocument, revision: number): DocumentBase => ({
  revision,
  heads: headsOf(content.replica),
  sections: content.sections.map(({ id, order, present, length }) => ({
    id,
    order,
    present,
    length,
  })),
});

/** Gives the memory back. The state must not be used any more. */
export const freeDocument = (state: LivingDocument): void => state.content.replica.free();
