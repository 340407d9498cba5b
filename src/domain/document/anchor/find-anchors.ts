import type { Anchor } from '#domain/anchor.ts';
import type { Content, Section } from '#domain/document/content.ts';
import { settled } from '#domain/document/live-content.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import { authorshipIn } from '#domain/document/undo/authorship.ts';
import { type Place, placesOf } from '#domain/document/undo/character-alignment.ts';
import { charactersOf, elementsOf, newestOf } from '#domain/document/undo/characters.ts';
import { NONE } from '#domain/document/undo/columns.ts';
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
  /** The anchored characters, one after the other. */
  readonly characters: readonly FoundCharacter[];
};

export type FoundCharacter = {
  readonly length: number;
  /** Of one that is gone, the gap that it left; `undefined` where even that cannot be said. */
  readonly place: Place | undefined;
  readonly isVisible: boolean;
};

/** Follows anchored characters, also into other sections and if they went and came back. */
export function findAnchors(
  { content, ledger }: Pick<LivingDocument, 'content' | 'ledger'>,
  anchors: readonly Anchor[],
): readonly FoundAnchor[] {
  if (anchors.length === 0) return [];
  const now = settled(content);
  const saved = savedDocument(now.replica);
  const characters = charactersOf(saved, authorshipIn(saved, ledger), now.sections);
  const places = placesOf(characters, now);
  const rows = rowsByElement(saved, elementsOf(characters), anchors);
  const shown = new Set(now.sections.filter(({ present }) => present).map(({ id }) => id));
  return anchors.map((anchor) => {
    const found = elementsIn(saved, anchor).map(({ actor, counter }): FoundCharacter => {
      const row = rows.get(actor)?.get(counter);
      if (row === undefined) return { length: 0, place: undefined, isVisible: false };
      const place = places.get(newestOf(characters, row));
      const isVisible = place?.alive === true && shown.has(place.section);
      return { length: lengthAt(saved, row), place, isVisible };
    });
    return foundAnchor(found, now);
  });
}

type Element = { readonly actor: number; readonly counter: number };

function elementsIn({ actors }: SavedDocument, anchor: Anchor): readonly Element[] {
  const indexes = anchor.actors.map((actor) => actors.indexOf(actor));
  return anchor.runs.flatMap(({ actor, from, count }) =>
    Array.from({ length: count }, (_, index) => ({
      actor: indexes[actor] ?? NONE,
      counter: from + index,
    })),
  );
}

/** By actor and counter: the rows of those elements that some anchor names. */
function rowsByElement(
  saved: SavedDocument,
  elements: Iterable<number>,
  anchors: readonly Anchor[],
): ReadonlyMap<number, ReadonlyMap<number, number>> {
  const rows = new Map<number, Map<number, number>>();
  for (const { actor, counter } of anchors.flatMap((anchor) => elementsIn(saved, anchor))) {
    const ofActor = rows.get(actor) ?? new Map<number, number>();
    rows.set(actor, ofActor.set(counter, NONE));
  }
  for (const row of elements) {
    const ofActor = rows.get(saved.ops.actor[row] ?? NONE);
    const counter = saved.ops.counter[row] ?? NONE;
    if (ofActor?.has(counter)) ofActor.set(counter, row);
  }
  return rows;
}

function foundAnchor(characters: readonly FoundCharacter[], { sections }: Content): FoundAnchor {
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
  return { ranges: isOrphaned ? emptyPlace(characters, sections) : ranges, isOrphaned, characters };
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
