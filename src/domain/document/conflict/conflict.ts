import type { Knows } from '#domain/document/branch/sides.ts';
import type { SectionId } from '#domain/ids.ts';

/**
 * - `words`: both changed the same words, or typed at one place;
 * - `deleted`: one deleted what the other wrote in, words or a section;
 * - `split`, `moved`: the text that one wrote in became another section's, or its section moved;
 * - `title`: both named the document.
 */
export const conflictKinds = ['words', 'deleted', 'split', 'moved', 'title'] as const;
export type ConflictKind = (typeof conflictKinds)[number];

/** What each of two made of the same words, or of the title. */
export type TwoSides = {
  readonly before: string;
  readonly mine: string;
  readonly theirs: string;
};

/** What a change has with others that its author did not know, and whose authors did not know it. */
export type Conflict = {
  readonly kind: ConflictKind;
  /** None of the title. */
  readonly section: SectionId | null;
  /** Those changes, by their places in the ledger, the newest first. */
  readonly with: readonly number[];
  /** With the newest of them. */
  readonly words: TwoSides | null;
  /** The change that deleted what the other wrote in: taken back, it is all there again. */
  readonly goneBy: number | null;
  /** There are more of them than are told. */
  readonly more: boolean;
};

/** A change, and what its author knew. */
export type Edit = {
  readonly place: number;
  readonly knows: Knows;
};

/** A change that stood there before and that the author did not know. */
export const isConcurrent = ({ place, knows }: Edit, other: number): boolean =>
  other < place && !knows(other);

/** Of those that a change is in conflict with, so many are told. */
export const MOST_WITH = 20;
/** Of what was written, so much is told of each side. */
const MOST_TOLD = 500;

export const shortened = (text: string): string =>
  text.length <= MOST_TOLD ? text : `${text.slice(0, MOST_TOLD - 1).toWellFormed()}…`;

export const newestFirst = (places: Iterable<number>): number[] =>
  [...new Set(places)].toSorted((one, other) => other - one);
