import type { Anchor } from '#domain/anchor.ts';
import type { Section } from '#domain/document/content.ts';
import { settled } from '#domain/document/live-content.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import { authorsIn } from '#domain/document/undo/authorship.ts';
import { type Place, placesOf } from '#domain/document/undo/character-alignment.ts';
import { charactersOf, elementsOf, newestOf } from '#domain/document/undo/characters.ts';
import { NONE } from '#domain/document/undo/columns.ts';
import { isMerged } from '#domain/document/undo/ledger.ts';
import { type SavedDocument, savedDocument } from '#domain/document/undo/saved-document.ts';
import { lengthAt } from '#domain/document/undo/saved-rows.ts';
import type { SectionId } from '#domain/ids.ts';

/** UTF-16 units of a section that readers see. */
export type TextRange = {
  readonly section: SectionId;
  readonly at: number;
  readonly count: number;
};

/** Where an anchored text is now. */
export type FoundAnchor = {
  /**
   * In the order of the document, one for each section that holds some of it: from the first
   * anchored character to the last, with what others typed in between. Of an orphan its empty
   * place; none where the document shows no section.
   */
  readonly ranges: readonly TextRange[];
  /** Every anchored character is gone. It is none any more when one comes back. */
  readonly isOrphaned: boolean;
};

export type FoundCharacter = {
  readonly length: number;
  /** Of one that is gone, the gap that it left; `undefined` where even that cannot be said. */
  readonly place: Place | undefined;
  readonly isVisible: boolean;
};

type Readable = Pick<LivingDocument, 'content' | 'ledger'>;

/** Follows anchored texts, also into other sections and if they went and came back. */
export function findAnchors(
  document: Readable,
  anchors: readonly Anchor[],
): readonly FoundAnchor[] {
  if (anchors.length === 0) return [];
  const charactersIn = findCharacters(document);
  const { sections } = settled(document.content);
  return anchors.map((anchor) => foundAnchor(charactersIn(anchor), sections));
}

/** Follows each character of anchored texts; answers them in the order in which they were. */
export function findCharacters({
  content,
  ledger,
}: Readable): (anchor: Anchor) => readonly FoundCharacter[] {
  const { replica, sections } = settled(content);
  const saved = savedDocument(replica);
  const characters = charactersOf(saved, authorsIn(saved, ledger), sections, isMerged(ledger));
  const places = placesOf(characters, { sections });
  const rowOf = rowsByElement(saved, elementsOf(characters));
  const shown = new Set(sections.filter(({ present }) => present).map(({ id }) => id));

  const found = (row: number | undefined): FoundCharacter => {
    if (row === undefined) return { length: 0, place: undefined, isVisible: false };
    const place = places.get(newestOf(characters, row));
    const isVisible = place?.alive === true && shown.has(place.section);
    return { length: lengthAt(saved, row), place, isVisible };
  };
  return ({ actors, runs }) =>
    runs.flatMap(({ actor, from, count }) => {
      const name = actors[actor] ?? '';
      return Array.from({ length: count }, (_, index) => found(rowOf(name, from + index)));
    });
}

function rowsByElement(
  { actors, ops }: SavedDocument,
  elements: Iterable<number>,
): (actor: string, counter: number) => number | undefined {
  const rows = actors.map(() => new Map<number, number>());
  for (const row of elements) rows[ops.actor[row] ?? NONE]?.set(ops.counter[row] ?? NONE, row);
  const byName = new Map(actors.map((actor, index) => [actor, rows[index]]));
  return (actor, counter) => byName.get(actor)?.get(counter);
}

function foundAnchor(
  characters: readonly FoundCharacter[],
  sections: readonly Section[],
): FoundAnchor {
  const spans = new Map<SectionId, { from: number; to: number }>();
  for (const { place, length, isVisible } of characters) {
    if (place === undefined || !isVisible) continue;
    const { from, to } = spans.get(place.section) ?? { from: place.at, to: place.at };
    spans.set(place.section, {
      from: Math.min(from, place.at),
      to: Math.max(to, place.at + length),
    });
  }
  const isOrphaned = spans.size === 0;
  const ranges = sections.flatMap(({ id }): TextRange[] => {
    const span = spans.get(id);
    return span ? [{ section: id, at: span.from, count: span.to - span.from }] : [];
  });
  return { ranges: isOrphaned ? emptyPlace(characters, sections) : ranges, isOrphaned };
}

/** Where the text was; of a section that is gone, where the section was. */
function emptyPlace(
  characters: readonly FoundCharacter[],
  sections: readonly Section[],
): readonly TextRange[] {
  const place = characters.find((character) => character.place)?.place;
  const index = sections.findIndex(({ id }) => id === place?.section);
  if (place && sections[index]?.present)
    return [{ section: place.section, at: place.at, count: 0 }];
  const before = sections.slice(0, Math.max(0, index)).findLast(({ present }) => present);
  if (before) return [{ section: before.id, at: before.length, count: 0 }];
  const first = sections.find(({ present }) => present);
  return first ? [{ section: first.id, at: 0, count: 0 }] : [];
}
