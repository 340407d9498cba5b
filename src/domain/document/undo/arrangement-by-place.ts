import type { Arranged, Arrangement } from './arrangement.ts';
import { type Characters, elementsOf } from './characters.ts';
import { NONE } from './columns.ts';
import { type FirstPlace, type FirstPlaces, firstPlaces } from './first-places.ts';

type Standing = Arranged & { readonly place: FirstPlace };

/**
 * The arrangement of a document that a branch was merged into. Where both sides cut one text, each
 * of them without the other’s characters, every character belongs where it would be had all of
 * them been there: in the last of the texts that begin in front of it, and there by its first place.
 */
export function arrangementByPlace(characters: Characters, order: readonly string[]): Arrangement {
  const { saved, texts, previous: source, next } = characters;
  const places = firstPlaces({ saved, texts, source });
  const families = Map.groupBy(order, places.rootOf);
  const homes = new Map<string, Standing[]>(order.map((object) => [object, []]));
  for (const family of families.values()) {
    const beginnings = family.map((object) => places.beginningOf(object));
    for (const object of family) {
      for (const row of elementsOf(characters, object)) {
        if (next[row] !== NONE) continue;
        const place = places.of(row);
        const home = family[lastNotBehind(beginnings, place, places)] ?? object;
        homes.get(home)?.push({ row, isInPlace: home === object, place });
      }
    }
  }
  return new Map([...homes].map(([object, standing]) => [object, inOrder(standing, places)]));
}

/** Beginnings are in order, and the first of them is in front of everything. */
function lastNotBehind(
  beginnings: readonly FirstPlace[],
  place: FirstPlace,
  { compare }: FirstPlaces,
): number {
  let [low, high] = [0, beginnings.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (compare(beginnings[middle] ?? [], place) <= 0) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * What was typed behind a character before that came back stands in front of it, and goes behind:
 * text only ever moves to the right.
 */
function inOrder(standing: readonly Standing[], { compare }: FirstPlaces): readonly Arranged[] {
  const stays = new Set<Standing>();
  let first: FirstPlace | undefined;
  for (const one of standing.toReversed()) {
    if (!one.isInPlace) continue;
    if (first !== undefined && compare(one.place, first) > 0) continue;
    stays.add(one);
    first = one.place;
  }
  return standing
    .toSorted((one, other) => compare(one.place, other.place))
    .map((one) => ({ row: one.row, isInPlace: stays.has(one) }));
}
