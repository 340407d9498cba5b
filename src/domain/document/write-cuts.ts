import type { SectionId } from '#domain/ids.ts';
import { cutText } from './cutting.ts';
import { GROWN_SECTION } from './limits.ts';
import type { PlannedCut } from './plan.ts';
import { type Writing, addSection, placesBehind, writable } from './writing.ts';

type ReadyCut = {
  readonly from: SectionId;
  readonly at: number;
  readonly to: SectionId;
  readonly order: string;
  readonly present: boolean;
};

/**
 * Finds the places of the sections that cuts will make, and writes those that come to stand in
 * between. From right to left, so that positions stay what they are.
 */
export function prepareCuts(
  writing: Writing,
  from: SectionId,
  cuts: readonly PlannedCut[],
): readonly ReadyCut[] {
  const { content } = writing;
  const present = content.sections.some((section) => section.id === from && section.present);
  return cuts.toReversed().map(({ at, to, filling }) => {
    const part = writing.draft.parts.find(({ id }) => id === to);
    const order = placeChosen(writing, from, to);
    if (order !== undefined) {
      return { from, at, to, order, present: present && part?.present !== false };
    }
    const places = placesBehind(writing, currentPlace(writing, from), filling.length + 1);
    filling.forEach(({ id, text }, index) =>
      addSection(writing, { id, order: places[index] ?? '', text, present }),
    );
    return { from, at, to, order: places.at(-1) ?? '', present };
  });
}

/** The place that the request saw the new section at, unless the cut section is elsewhere by now. */
function placeChosen({ draft, layout }: Writing, from: SectionId, to: SectionId) {
  const part = draft.parts.find(({ id }) => id === to);
  const source = draft.parts.find(({ id }) => id === from);
  const now = layout.find(({ id }) => id === from);
  return part?.source.id === from && source?.order === now?.order ? part.order : undefined;
}

function currentPlace({ layout }: Writing, section: SectionId) {
  const placed = layout.find(({ id }) => id === section);
  if (placed === undefined) throw new Error(`Section ${section} has no place.`);
  return placed;
}

export function cutSection(writing: Writing, { from, at, to, order, present }: ReadyCut): void {
  const { replica } = writing.content;
  const tail = replica.text(writable(writing, from).object).slice(at);
  moveTail(writing, { from, at, to, order, present }, tail);
}

/** Cuts a section that became too long, like text that comes in. */
export function cutGrown(writing: Writing, section: SectionId): void {
  const { replica } = writing.content;
  const { object, present } = writable(writing, section);
  if (replica.length(object) <= GROWN_SECTION) return;
  const pieces = cutText(replica.text(object)).slice(1);
  const places = placesBehind(writing, currentPlace(writing, section), pieces.length);
  let end = replica.length(object);
  pieces.toReversed().forEach((piece, index) => {
    const order = places[pieces.length - 1 - index] ?? '';
    const to = writing.draft.newId();
    end -= piece.length;
    moveTail(writing, { from: section, at: end, to, order, present }, piece);
  });
}

function moveTail(writing: Writing, cut: ReadyCut, tail: string): void {
  const { writer } = writing;
  const { from, at, to, order, present } = cut;
  addSection(writing, { id: to, order, text: tail, present });
  if (tail === '') return;
  writer.splice(writable(writing, from), at, tail.length, '');
  writer.addCut({ from, at, length: tail.length, to });
}
