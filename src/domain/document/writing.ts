import type { SectionId } from '#domain/ids.ts';
import type { ChangeWriter, Writable } from './change-writer.ts';
import { type Content, objectAt, sectionsMap } from './content.ts';
import type { Draft } from './draft.ts';
import { placesAfter } from './order.ts';

type Placed = { readonly id: SectionId; readonly order: string };

/** A draft on its way into the document. */
export type Writing = {
  /** The document before the request, with a replica that is being written to. */
  readonly content: Content;
  readonly writer: ChangeWriter;
  readonly draft: Draft;
  /** Sections and their places, as the writing goes on. */
  readonly layout: Placed[];
};

/** A section as it is at this point of the writing. */
export function writable({ content, draft }: Writing, id: SectionId): Writable {
  const known = content.sections.find((section) => section.id === id);
  if (known) return known;
  const map = sectionsMap(content.replica);
  const section = map && objectAt(content.replica, map, id, 'map');
  const object = section && objectAt(content.replica, section, 'text', 'text');
  if (object === undefined) throw new Error(`Section ${id} has no text.`);
  const part = draft.parts.find((candidate) => candidate.id === id);
  return { id, object, present: part?.present !== false };
}

export function place(layout: Placed[], section: Placed): void {
  const index = layout.findIndex(({ id }) => id === section.id);
  if (index < 0) layout.push(section);
  else layout[index] = section;
}

export function addSection(
  { writer, layout }: Writing,
  { id, order, text, present = true }: Placed & { text: string; present?: boolean },
): void {
  place(layout, { id, order });
  writer.addSection({ id, order, present, text });
}

/**
 * `count` places right behind `section`, and in front of every section that the request has a place
 * for, written yet or not; whatever had the same place as it moves on.
 */
export function placesBehind(
  { writer, layout, draft }: Writing,
  section: Placed,
  count: number,
): readonly string[] {
  if (count === 0) return [];
  const planned = draft.parts.map(({ order }) => order);
  const { places, displaced } = placesAfter(section, count, layout, planned);
  for (const [id, order] of displaced) {
    writer.setOrder(id, order);
    place(layout, { id, order });
  }
  return places;
}
