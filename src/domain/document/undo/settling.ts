import type { Content } from '#domain/document/content.ts';
import type { CutFrom } from '#domain/document/lineage.ts';
import type { SectionId } from '#domain/ids.ts';
import { type Arranged, arrangementOf } from './arrangement.ts';
import { authorsIn } from './authorship.ts';
import { type Characters, charactersOf } from './characters.ts';
import { NONE } from './columns.ts';
import { type Put, putsOf } from './fields.ts';
import { type Ledger, type Owner, isMerged } from './ledger.ts';
import { type Counts, isToBeVisible } from './rule.ts';
import { type SavedDocument, savedDocument } from './saved-document.ts';
import { isOverwritten, lengthAt } from './saved-rows.ts';
import { touchedTexts } from './touched-texts.ts';

/** What is to be written so that a document is what its groups in effect make of it. */
export type Settling = {
  readonly saved: SavedDocument;
  readonly puts: readonly Put[];
  readonly texts: readonly TextSettling[];
};

export type TextSettling = {
  readonly section: SectionId;
  readonly object: string;
  /** Characters that come back where they were. Elements are rows of the saved document. */
  readonly revived: readonly number[];
  readonly removed: readonly number[];
  /** Characters that come to stand behind another, in this text. */
  readonly moved: readonly { readonly row: number; readonly behind: number }[];
  /** UTF-16 units that come and go. */
  readonly inserted: number;
  readonly deleted: number;
};

/**
 * `cutFrom` says which section each of those that a cut made was the end of. With a `group`, only
 * what can change with it is looked at.
 */
export function settlingOf(
  content: Content,
  cutFrom: CutFrom,
  ledger: Ledger,
  counts: Counts,
  group?: Owner,
): Settling {
  const saved = savedDocument(content.replica);
  const authors = authorsIn(saved, ledger);
  const characters = charactersOf(saved, authors, content.sections, isMerged(ledger));
  const among = group === undefined ? undefined : touchedTexts(characters, ledger, group);
  const arrangement = arrangementOf(characters, among);
  const withText = new Set<SectionId>();
  const texts = content.sections.flatMap(({ id, object, length }) => {
    if (among?.has(object) === false) {
      if (length > 0) withText.add(id);
      return [];
    }
    const text = textSettling(characters, arrangement.get(object) ?? [], counts);
    if (text.isVisible) withText.add(id);
    const { revived, removed, moved, inserted, deleted } = text;
    if (revived.length + removed.length + moved.length === 0) return [];
    return [{ section: id, object, revived, removed, moved, inserted, deleted }];
  });
  const fields = { saved, authorshipOf: authors.authorshipOf, content, cutFrom };
  return { saved, texts, puts: putsOf(fields, counts, (section) => withText.has(section)) };
}

function textSettling(
  characters: Characters,
  arranged: readonly Arranged[],
  counts: Counts,
): Omit<TextSettling, 'section' | 'object'> & { readonly isVisible: boolean } {
  const { saved } = characters;
  const [revived, removed]: [number[], number[]] = [[], []];
  const moved: { row: number; behind: number }[] = [];
  const lengthOf = (row: number) => lengthAt(saved, row);
  let [inserted, deleted, behind] = [0, 0, NONE];
  let isVisible = false;
  const show = (row: number, isInPlace: boolean, isNow: boolean) => {
    isVisible = true;
    if (!isInPlace) moved.push({ row, behind });
    else if (!isNow) revived.push(row);
    if (!isNow) inserted += lengthOf(row);
  };
  for (const { row, isInPlace } of arranged) {
    const isNow = !isOverwritten(saved, row);
    const isToBe = isToBeVisible(characters, row, counts);
    if (isToBe) show(row, isInPlace, isNow);
    else if (isNow) {
      removed.push(row);
      deleted += lengthOf(row);
    }
    if (isInPlace || isToBe) behind = row;
  }
  return { revived, removed, moved, inserted, deleted, isVisible };
}
