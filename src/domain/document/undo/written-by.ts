import type { Authors, Authorship } from './authorship.ts';
import type { SavedDocument } from './saved-document.ts';

/** Calls `each` for what it finds from `start` up to `end`, until that answers `true`. */
export type Find = (
  start: number,
  end: number,
  each: (at: number, change: Authorship) => unknown,
) => void;

/** Finds what some changes wrote. */
export type WrittenBy = {
  /** Among rows. */
  readonly rows: Find;
  /** Among what overwrote or deleted them: the successors. */
  readonly successors: Find;
};

/** Most operations are outside of the span of these changes, and need not be looked up. */
export function writtenBy(
  { ops, successors }: SavedDocument,
  { authorshipOf, spanOf }: Authors,
  isMeant: (authorship: Authorship) => boolean,
): WrittenBy {
  const { from, to } = spanOf(isMeant);
  const among = ({ actor, counter }: Pick<SavedDocument['ops'], 'actor' | 'counter'>): Find => {
    return (start, end, each) => {
      for (let at = start; at < end; at++) {
        const [by, number] = [actor[at]!, counter[at]!];
        if (number <= from[by]! || number > to[by]!) continue;
        const change = authorshipOf(by, number);
        if (isMeant(change) && each(at, change) === true) return;
      }
    };
  };
  return { rows: among(ops), successors: among(successors) };
}
