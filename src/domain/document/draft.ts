import type { SectionId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { type Section, bySectionOrder } from './content.ts';
import { type Piece, cutAt, dropFrom, insertInto } from './pieces.ts';
import { placesAfter } from './order.ts';

/** A text that the document had before the request, or that the request began. */
export type Source = { readonly id: SectionId; readonly pieces: Piece[]; readonly isNew: boolean };

/** A section as the request sees it: a source, or what a cut made of the end of one. */
export type Part = {
  readonly id: SectionId;
  readonly source: Source;
  order: string;
  present: boolean;
  text: string | undefined;
  length: number;
  /** What the document says of it; `undefined` for a section that the request made. */
  readonly was: { readonly order: string; readonly present: boolean } | undefined;
};

/** The document that the request's offsets count in, while its edits are read one by one. */
export type Draft = {
  title: string;
  /** Whether the request changed the title, if only to change it back. */
  isRetitled: boolean;
  parts: Part[];
  readonly textOf: (section: SectionId) => string;
  readonly newId: () => SectionId;
  /** Places of sections that the request has not seen, when it was made on an older revision. */
  readonly taken: readonly string[];
};

export function draftOf(
  base: { readonly title: string; readonly sections: readonly Omit<Section, 'object'>[] },
  { textOf, newId, taken }: Pick<Draft, 'textOf' | 'newId' | 'taken'>,
): Draft {
  const parts = base.sections.map(({ id, order, present, length }): Part => {
    const pieces: Piece[] = length === 0 ? [] : [{ kind: 'kept', from: 0, to: length }];
    const source = { id, pieces, isNew: false };
    return { id, source, order, present, length, text: undefined, was: { order, present } };
  });
  return { title: base.title, isRetitled: false, parts, textOf, newId, taken };
}

export const presentParts = ({ parts }: Draft): readonly Part[] =>
  parts.filter(({ present }) => present);

export function textOfPart(draft: Draft, part: Part): string {
  part.text ??= draft.textOf(part.id);
  return part.text;
}

export function presentPart(draft: Draft, id: SectionId): Part {
  const part = anyPart(draft, id);
  if (!part.present) throw new Rejected('edit/section-not-found', { section: id });
  return part;
}

export function anyPart({ parts }: Draft, id: SectionId): Part {
  const part = parts.find((candidate) => candidate.id === id);
  if (part === undefined) throw new Rejected('edit/section-not-found', { section: id });
  return part;
}

export function insertAt(draft: Draft, part: Part, at: number, text: string): void {
  if (text === '') return;
  const before = textOfPart(draft, part);
  insertInto(part.source.pieces, part.id, at, text);
  part.text = before.slice(0, at) + text + before.slice(at);
  part.length = part.text.length;
}

export function deleteAt(draft: Draft, part: Part, at: number, count: number): void {
  if (count === 0) return;
  const before = textOfPart(draft, part);
  dropFrom(part.source.pieces, part.id, at, count);
  part.text = before.slice(0, at) + before.slice(at + count);
  part.length = part.text.length;
}

export function splitPart(draft: Draft, part: Part, at: number): void {
  const text = textOfPart(draft, part);
  const id = draft.newId();
  cutAt(part.source.pieces, part.id, at, id);
  const [order = ''] = makePlaces(draft, part, 1);
  const tail = text.slice(at);
  part.text = text.slice(0, at);
  part.length = at;
  const { source, present } = part;
  draft.parts.push({ id, source, order, present, text: tail, length: tail.length, was: undefined });
  draft.parts.sort(bySectionOrder);
}

/** New sections right behind `after`, or in front of everything. */
export function addParts(draft: Draft, after: Part | null, texts: readonly string[]): void {
  const places = makePlaces(draft, after, texts.length);
  texts.forEach((text, index) => {
    const id = draft.newId();
    const pieces: Piece[] = text === '' ? [] : [{ kind: 'typed', text }];
    draft.parts.push({
      id,
      source: { id, pieces, isNew: true },
      order: places[index] ?? '',
      present: true,
      text,
      length: text.length,
      was: undefined,
    });
  });
  draft.parts.sort(bySectionOrder);
}

export function movePart(draft: Draft, part: Part, after: Part | null): void {
  const others = draft.parts.filter((other) => other !== part);
  const [order = ''] = makePlaces({ ...draft, parts: others }, after, 1);
  part.order = order;
  draft.parts.sort(bySectionOrder);
}

function makePlaces({ parts, taken }: Draft, after: Part | null, count: number): readonly string[] {
  const { places, displaced } = placesAfter(after, count, parts, taken);
  for (const part of parts) part.order = displaced.get(part.id) ?? part.order;
  return places;
}
