import type { Content, Section } from '#domain/document/content.ts';
import type { CutFrom } from '#domain/document/lineage.ts';
import type { SectionId } from '#domain/ids.ts';
import { type Arrangement, arrangementOf } from './arrangement.ts';
import { authorsIn } from './authorship.ts';
import { charactersOf, newestOf } from './characters.ts';
import { NONE } from './columns.ts';
import { cutFromIn } from './cuts.ts';
import { type Known, type Ledger, isMerged } from './ledger.ts';
import { pastElements } from './past-elements.ts';
import { type SavedDocument, savedDocument } from './saved-document.ts';
import { isOverwritten, lengthAt } from './saved-rows.ts';
import type { TextSettling } from './settling.ts';

/** The characters that some sections had once, as the elements that stand for them now. */
export type PastCharacters = {
  readonly saved: SavedDocument;
  readonly arrangement: Arrangement;
  /** Of a merged document, whose cuts say it no longer. */
  readonly cutFrom: CutFrom | undefined;
  readonly wanted: ReadonlySet<number>;
  /** The text objects in which they are. */
  readonly objects: ReadonlySet<string>;
};

/** What lets a text hold the characters that it had, and no others. */
export type ComingBack = {
  readonly section: SectionId;
  readonly object: string;
  readonly revived: readonly number[];
  readonly moved: TextSettling['moved'];
  /** UTF-16 units that come. */
  readonly inserted: number;
  /** From left to right, at positions where everything that comes is there. */
  readonly removals: readonly { readonly at: number; readonly count: number }[];
};

export function pastCharacters(
  content: Content,
  ledger: Ledger,
  known: Known,
  sections: ReadonlySet<SectionId>,
): PastCharacters {
  const saved = savedDocument(content.replica);
  const characters = charactersOf(
    saved,
    authorsIn(saved, ledger),
    content.sections,
    isMerged(ledger),
  );
  const arrangement = arrangementOf(characters);
  const elements = pastElements(characters, known);
  const wanted = new Set<number>();
  for (const { id, object } of content.sections) {
    if (!sections.has(id)) continue;
    for (const row of elements(object)) wanted.add(newestOf(characters, row));
  }
  const objects = new Set<string>();
  for (const [object, arranged] of arrangement) {
    if (arranged.some(({ row }) => wanted.has(row))) objects.add(object);
  }
  const { cuts } = characters;
  const cutFrom = cuts && cutFromIn(cuts, content.sections);
  return { saved, arrangement, cutFrom, wanted, objects };
}

export function comingBack(
  { saved, arrangement, wanted }: PastCharacters,
  { id, object }: Section,
): ComingBack {
  const revived: number[] = [];
  const moved: { row: number; behind: number }[] = [];
  const removals: { at: number; count: number }[] = [];
  let [at, inserted, behind] = [0, 0, NONE];
  const bring = (row: number, isInPlace: boolean, length: number) => {
    if (!isInPlace) moved.push({ row, behind });
    if (!isOverwritten(saved, row)) return;
    revived.push(row);
    inserted += length;
  };
  for (const { row, isInPlace } of arrangement.get(object) ?? []) {
    const isNow = isInPlace && !isOverwritten(saved, row);
    const isWanted = wanted.has(row);
    const length = isNow || isWanted ? lengthAt(saved, row) : 0;
    if (isWanted) bring(row, isInPlace, length);
    else if (isNow) addRemoval(removals, at, length);
    at += length;
    if (isInPlace || isWanted) behind = row;
  }
  return { section: id, object, revived, moved, inserted, removals };
}

function addRemoval(removals: { at: number; count: number }[], at: number, count: number): void {
  const last = removals.at(-1);
  if (last && last.at + last.count === at) last.count += count;
  else removals.push({ at, count });
}
