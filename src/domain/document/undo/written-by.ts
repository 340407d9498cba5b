import type { Authors, Authorship } from './authorship.ts';
import { NONE } from './columns.ts';
import type { SavedDocument } from './saved-document.ts';

/** Tells the change of an operation, if it is one of those that were asked for. */
export type WrittenBy = {
  /** That wrote what is in this row. */
  readonly row: (row: number) => Authorship | undefined;
  /** That overwrote or deleted something, by its place among the successors. */
  readonly successor: (at: number) => Authorship | undefined;
};

/** Most operations are outside of the span of these changes, and need not be looked up. */
export function writtenBy(
  { ops, successors }: SavedDocument,
  { authorshipOf, spanOf }: Authors,
  isMeant: (authorship: Authorship) => boolean,
): WrittenBy {
  const { from, to } = spanOf(isMeant);
  const find = (actor: number, counter: number): Authorship | undefined => {
    if (counter <= (from[actor] ?? Infinity) || counter > (to[actor] ?? NONE)) return undefined;
    const found = authorshipOf(actor, counter);
    return isMeant(found) ? found : undefined;
  };
  return {
    row: (row) => find(ops.actor[row] ?? NONE, ops.counter[row] ?? NONE),
    successor: (at) => find(successors.actor[at] ?? NONE, successors.counter[at] ?? NONE),
  };
}
