import type { Section } from '#domain/document/content.ts';
import { settled } from '#domain/document/live-content.ts';
import { cutFromOf } from '#domain/document/reading.ts';
import type { LivingDocument, Merge } from '#domain/document/state.ts';
import { arrangementOf } from '#domain/document/undo/arrangement.ts';
import { authorsIn } from '#domain/document/undo/authorship.ts';
import { type Characters, charactersOf } from '#domain/document/undo/characters.ts';
import { type Write, historiesOf } from '#domain/document/undo/fields.ts';
import { counts } from '#domain/document/undo/ledger.ts';
import type { Counts } from '#domain/document/undo/rule.ts';
import { savedDocument } from '#domain/document/undo/saved-document.ts';
import { isOverwritten, valueAt } from '#domain/document/undo/saved-rows.ts';
import type { DocumentId, SectionId } from '#domain/ids.ts';
import { type Shown, type WordsOnSides, overlappingWords } from './overlapping-words.ts';
import { type Knows, type Sides, isSeen, sidesOf } from './sides.ts';

/** What both the document and a branch changed since there was no difference. */
export type Overlap =
  | ({ readonly kind: 'title' } & WordsOnSides)
  | ({ readonly kind: 'text'; readonly section: SectionId } & WordsOnSides)
  /** One side deleted the section in which the other wrote. It stays away, with that text in it. */
  | {
      readonly kind: 'section';
      readonly section: SectionId;
      readonly deletedBy: 'document' | 'branch';
      /** What the other side made of it. */
      readonly text: string;
    };

/** Of the last merge of this branch, in the document as it was after it. */
export function overlapsOf(document: LivingDocument, branch: DocumentId): readonly Overlap[] {
  const merge = document.merges.get(branch);
  if (merge === undefined) return [];
  const content = settled(document.content);
  const saved = savedDocument(content.replica);
  const authors = authorsIn(saved, document.ledger);
  const characters = charactersOf(saved, authors, content.sections, true);
  const arrangement = arrangementOf(characters);
  const isCounting = (owner: number) => counts(document.ledger, owner);
  const fields = {
    saved,
    authorshipOf: authors.authorshipOf,
    content,
    cutFrom: cutFromOf(document),
  };
  const { title, sections } = historiesOf(fields);
  const sides = sidesOf(merge);

  const inSections = content.sections.flatMap((section) => {
    const shown = (arrangement.get(section.object) ?? []).flatMap(({ row }) =>
      shownOf(characters, row, sides, isCounting),
    );
    const presence = sections.get(section.id)?.present ?? [];
    const deletedBy = deletedOn(section, writesOf(presence, merge, isCounting));
    if (deletedBy !== undefined) return deleted(section, deletedBy, shown);
    return overlappingWords(shown).map((words) => inText(section, words));
  });
  return [...titles(title, merge, sides.base, isCounting, content.title), ...inSections];
}

function shownOf(characters: Characters, row: number, sides: Sides, isCounting: Counts): Shown[] {
  const isOn = (knows: Knows) => isSeen(characters, row, knows, isCounting);
  const [base, document, branch] = [isOn(sides.base), isOn(sides.document), isOn(sides.branch)];
  if (!base && !document && !branch) return [];
  const text = String(valueAt(characters.saved, row) ?? '');
  return [{ text, base, document, branch, merged: !isOverwritten(characters.saved, row) }];
}

type OnSides = { readonly document: Write | undefined; readonly branch: Write | undefined };

/** The last that each side wrote since. */
function writesOf(
  writes: readonly Write[],
  { since, start, carried }: Merge,
  isCounting: Counts,
): OnSides {
  const edits = writes
    .filter(({ owner }) => isCounting(owner))
    .toSorted((one, other) => one.place - other.place);
  return {
    document: edits.findLast(({ place }) => place >= since && place < start),
    branch: edits.findLast(({ place }) => place >= start && place < carried),
  };
}

function deletedOn(
  { present }: Section,
  { document, branch }: OnSides,
): 'document' | 'branch' | undefined {
  if (present) return undefined;
  if (document?.value === false) return 'document';
  return branch?.value === false ? 'branch' : undefined;
}

const inText = ({ id: section }: Section, words: WordsOnSides): Overlap => ({
  kind: 'text',
  section,
  ...words,
});

function deleted(
  { id }: Section,
  deletedBy: 'document' | 'branch',
  shown: readonly Shown[],
): Overlap[] {
  const other = deletedBy === 'document' ? 'branch' : 'document';
  if (shown.every((one) => one[other] === one.base)) return [];
  const text = shown.map((one) => (one[other] ? one.text : '')).join('');
  return [{ kind: 'section', section: id, deletedBy, text }];
}

function titles(
  writes: readonly Write[],
  merge: Merge,
  isBase: Knows,
  isCounting: Counts,
  merged: string,
): Overlap[] {
  const { document, branch } = writesOf(writes, merge, isCounting);
  if (!document || !branch || document.value === branch.value) return [];
  const before = writes
    .filter(({ place, owner }) => isBase(place) && isCounting(owner))
    .toSorted((one, other) => one.place - other.place)
    .at(-1);
  const sides = { document: String(document.value), branch: String(branch.value), merged };
  return [{ kind: 'title', base: String(before?.value ?? ''), ...sides }];
}
