import type { Arranged, Arrangement } from './arrangement.ts';
import { type Characters, elementsOf } from './characters.ts';
import { NONE } from './columns.ts';
import type { Cuts } from './cuts.ts';
import type { FirstPlace, FirstPlaces } from './first-places.ts';

type Standing = Arranged & { readonly place: FirstPlace };

/**
 * The arrangement of a document that a branch was merged into. Where both sides cut one text, each
 * of them without the other’s characters, every character belongs where it would be had all of
 * them been there: in the last of the texts that begin in front of it, and there by its first place.
 */
export function arrangementByPlace(
  characters: Characters,
  { order: all, places }: Cuts,
  among: ReadonlySet<string>,
): Arrangement {
  const { next } = characters;
  const order = all.filter((object) => among.has(object));
  const homes = new Map<string, Standing[]>(order.map((object) => [object, []]));
  for (const family of Map.groupBy(order, places.rootOf).values()) {
    const homeOf = homesIn(family, places);
    for (const object of family) {
      for (const row of elementsOf(characters, object)) {
        if (next[row] !== NONE) continue;
        const place = places.of(row);
        const home = homeOf(place);
        homes.get(home)?.push({ row, isInPlace: home === object, place });
      }
    }
  }
  return new Map([...homes].map(([object, standing]) => [object, inOrder(standing, places)]));
}

/** Finds the last of the texts that begins in front of a place; that of its neighbour, mostly. */
function homesIn(family: readonly string[], { beginningOf, compare }: FirstPlaces) {
  const beginnings = family.map(beginningOf);
  const isBehind = (index: number, place: FirstPlace) =>
    index < family.length && compare(beginnings[index], place) <= 0;
  let last = 0;
  return (place: FirstPlace): string => {
    if (!isBehind(last, place) || isBehind(last + 1, place)) {
      let [low, high] = [0, family.length - 1];
      while (low < high) {
        const middle = (low + high + 1) >>> 1;
        if (isBehind(middle, place)) low = middle;
        else high = middle - 1;
      }
      last = low;
    }
    return family[last] ?? '';
  };
}

/**
 * What was typed behind a character before that came back stands in front of it, and goes behind:
 * text only ever moves to the right.
 */
function inOrder(standing: readonly Standing[], { compare }: FirstPlaces): readonly Arranged[] {
  const stays = new Uint8Array(standing.length);
  let staying = 0;
  let first: FirstPlace | undefined;
  for (let index = standing.length - 1; index >= 0; index--) {
    const one = standing[index];
    if (!one?.isInPlace) continue;
    if (first !== undefined && compare(one.place, first) > 0) continue;
    stays[index] = 1;
    staying++;
    first = one.place;
  }
  if (staying === standing.length) return standing;
  return standing
    .map(({ row, place }, index) => ({ row, place, isInPlace: stays[index] === 1 }))
    .toSorted((one, other) => compare(one.place, other.place));
}
