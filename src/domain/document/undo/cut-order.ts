import type { FirstPlaces } from './first-places.ts';
import { partsOf } from './saved-rows.ts';

/**
 * The texts in an order that never changes: what was cut off comes behind what it was cut off, and
 * of all that was cut off one text, on whichever side of a merge, comes first what begins further
 * to the left in it.
 */
export function cutOrder(objects: Iterable<string>, places: FirstPlaces): readonly string[] {
  const texts = Array.from(objects, (object) => {
    const root = places.rootOf(object);
    return { object, root, beginning: places.beginningOf(object) };
  });
  return texts
    .toSorted(
      (one, other) =>
        madeAt(one.root) - madeAt(other.root) ||
        compareNames(one.root, other.root) ||
        places.compare(one.beginning, other.beginning) ||
        madeAt(one.object) - madeAt(other.object),
    )
    .map(({ object }) => object);
}

/** The number of the operation that made an object: newer ones have higher ones. */
export const madeAt = (object: string): number => partsOf(object)[0];

const compareNames = (one: string, other: string) => (one < other ? -1 : Number(one > other));
