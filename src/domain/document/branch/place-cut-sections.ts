import type { ChangeWriter } from '#domain/document/change-writer.ts';
import { type Content, type Section, bySectionOrder } from '#domain/document/content.ts';
import type { CutFrom } from '#domain/document/lineage.ts';
import { placesAfter } from '#domain/document/order.ts';
import type { SectionId } from '#domain/ids.ts';

export type KnownSections = {
  /** The document's sections before the merge, in their order. */
  readonly before: readonly Pick<Section, 'id'>[];
  /** The branch's. */
  readonly branch: readonly SectionId[];
  readonly cutFrom: CutFrom;
};

/**
 * Where both sides cut one section, each put what it cut off right behind the rest, not knowing of
 * the other's: the branch's sections are put where their text belongs. What somebody moved to
 * another place stays there.
 */
export function placeCutSections(
  content: Content,
  { before, branch, cutFrom }: KnownSections,
  order: readonly string[],
  writer: ChangeWriter,
): void {
  const layout = content.sections.map(({ id, order }) => ({ id, order }));
  const known = new Set(before.map(({ id }) => id));
  const rankOf = ({ object }: Section) => order.indexOf(object);
  const families = Map.groupBy(content.sections, ({ id }) => rootOf(id, cutFrom));
  for (const family of families.values()) {
    if (family.every(({ id }) => known.has(id))) continue;
    const ranked = family.toSorted((a, b) => rankOf(a) - rankOf(b));
    const ids = ranked.map(({ id }) => id);
    const all = layout.map(({ id }) => id);
    if (isInOrder(ids, all)) continue;
    const isEach = [before.map(({ id }) => id), branch].every((side) => isInOrder(ids, side));
    if (!isEach) continue;
    ids.forEach((id, index) => {
      const behind = layout.find((placed) => placed.id === ids[index - 1]);
      if (behind && !known.has(id)) place(layout, id, behind, writer);
    });
  }
}

function rootOf(id: SectionId, cutFrom: CutFrom): SectionId {
  const from = cutFrom[id];
  return from === undefined ? id : rootOf(from, cutFrom);
}

/** Whether those of `ids` that are in `all` stand there in their order. */
function isInOrder(ids: readonly SectionId[], all: readonly SectionId[]): boolean {
  const places = ids.map((id) => all.indexOf(id)).filter((place) => place >= 0);
  return places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0));
}

type Placed = { readonly id: SectionId; readonly order: string };

function place(layout: Placed[], id: SectionId, behind: Placed, writer: ChangeWriter): void {
  const others = layout.filter((placed) => placed.id !== id);
  const { places, displaced } = placesAfter(behind, 1, others);
  for (const [moved, order] of [...displaced, [id, places[0] ?? ''] as const]) {
    writer.setOrder(moved, order);
    layout.splice(
      layout.findIndex((placed) => placed.id === moved),
      1,
      { id: moved, order },
    );
  }
  layout.sort(bySectionOrder);
}
