import type { Write } from '#domain/document/undo/fields.ts';
import { type Edit, isConcurrent } from './conflict.ts';
import { type Story, isThere, isTouchedBy } from './stories.ts';

/**
 * Whether undo or a restore made it all again as the edit's author knew it, before the edit came;
 * be it that the change is what did.
 */
export function areWordsTakenBack(around: readonly Story[], edit: Edit, place: number): boolean {
  const settled = new Set(around.flatMap((story) => story.settled));
  const isAsKnown = (last: number) =>
    around.every(
      (story) =>
        !isTouchedBy(story, place) ||
        isThere(story, (other) => other <= last) === isThere(story, edit.knows),
    );
  if (settled.has(place) && isAsKnown(place)) return true;
  return [...settled].some((other) => isConcurrent(edit, other)) && isAsKnown(edit.place - 1);
}

/**
 * Whether undo gave a field again the value that the edit's author knew, or a restore showed a
 * section again.
 */
export function isFieldTakenBack(writes: readonly Write[], edit: Edit): boolean {
  const unseen = newestWrites(writes.filter(({ place }) => isConcurrent(edit, place)))[0];
  const known = newestWrites(writes.filter(({ place }) => edit.knows(place)))[0];
  const isBack = unseen?.elements === 'revived' || unseen?.value === true;
  return isBack && unseen?.value === known?.value;
}

export const newestWrites = (writes: readonly Write[]): readonly Write[] =>
  writes.toSorted((one, other) => other.place - one.place);
