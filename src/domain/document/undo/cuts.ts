import type { Section } from '#domain/document/content.ts';
import type { CutFrom } from '#domain/document/lineage.ts';
import type { SectionId } from '#domain/ids.ts';
import { NONE } from './columns.ts';
import { cutOrder } from './cut-order.ts';
import { type FirstPlaces, firstPlaces } from './first-places.ts';
import { type Links, typedAs } from './links.ts';
import type { SavedDocument } from './saved-document.ts';
import type { Rows } from './saved-rows.ts';

/** The texts in the order of cuts, and where their characters stood before any. */
export type Cuts = { readonly order: readonly string[]; readonly places: FirstPlaces };

type Linked = {
  readonly saved: SavedDocument;
  readonly texts: ReadonlyMap<string, Rows>;
  readonly links: Links;
  /** Elements that several others were made of. */
  readonly forked: ReadonlySet<number>;
};

/**
 * Of a character that moved or came back on both sides of a merge there are two elements. All of
 * them follow one another: it belongs where it comes last in the order of cuts, so that each
 * side’s cuts hold for the other’s text.
 */
export function cutsIn({ saved, texts, links: { next, previous }, forked }: Linked): Cuts {
  const source = previous.slice();
  const places = firstPlaces({ saved, texts, source });
  const order = cutOrder(texts.keys(), places);
  if (forked.size === 0) return { order, places };
  const rankOf = new Int32Array(next.length);
  order.forEach((object, rank) => {
    const { start = 0, end = 0 } = texts.get(object) ?? {};
    rankOf.fill(rank, start, end);
  });
  const elements = new Map([...forked].map((row) => [typedAs(source, row), [] as number[]]));
  for (let row = 0; row < source.length; row++) elements.get(typedAs(source, row))?.push(row);
  for (const rows of elements.values()) {
    rows.sort((one, other) => (rankOf[one] ?? 0) - (rankOf[other] ?? 0) || one - other);
    rows.forEach((row, index) => {
      next[row] = rows[index + 1] ?? NONE;
      previous[row] = rows[index - 1] ?? NONE;
    });
  }
  return { order, places };
}

/**
 * Where both sides cut one text, what a cut made can begin in the middle of what the other side cut
 * off: each section is the end of the one in front of it, of those that were one once.
 */
export function cutFromIn(
  { order, places }: Cuts,
  sections: readonly Pick<Section, 'id' | 'object'>[],
): CutFrom {
  const ids = new Map(sections.map(({ id, object }) => [object, id]));
  const cutFrom: Record<SectionId, SectionId> = {};
  for (const family of Map.groupBy(order, places.rootOf).values()) {
    const [first, ...others] = family.flatMap((object) => ids.get(object) ?? []);
    let before = first;
    for (const id of others) {
      if (before !== undefined) cutFrom[id] = before;
      before = id;
    }
  }
  return cutFrom;
}
