import type { ChangeWriter } from '#domain/document/change-writer.ts';
import { type Content, type Section, readContent, textOf } from '#domain/document/content.ts';
import { draftOf } from '#domain/document/draft.ts';
import type { CutFrom } from '#domain/document/lineage.ts';
import { authorsIn } from '#domain/document/undo/authorship.ts';
import { charactersOf } from '#domain/document/undo/characters.ts';
import { type Ledger, type Owner, counts } from '#domain/document/undo/ledger.ts';
import { settlingOf } from '#domain/document/undo/settling.ts';
import { writeSettling } from '#domain/document/undo/write-settling.ts';
import { cutGrown } from '#domain/document/write-cuts.ts';
import type { SectionId } from '#domain/ids.ts';
import { withoutDoubles } from './doubles.ts';
import type { OwnChange, OwnChanges } from './own-changes.ts';
import { placeCutSections } from './place-cut-sections.ts';
import { sizeOfMerge } from './size-of-merge.ts';
import type { Claim } from './writers.ts';

export type Merging = {
  readonly branch: OwnChanges;
  /** The branch's changes that the document does not have. */
  readonly fresh: readonly OwnChange[];
  /** As it is with them: they begin at `start`. */
  readonly ledger: Ledger;
  readonly start: number;
  readonly cutFrom: CutFrom;
  readonly actor: string;
  readonly newId: () => SectionId;
};

/**
 * Writes the branch's changes into a copy of the document, and then what the server has to add so
 * that it is what the rule of undo makes of both sides.
 */
export function writeMerge(
  merging: Merging,
  content: Content,
  writer: ChangeWriter,
  claim: Claim,
): void {
  const { fresh, ledger, cutFrom, actor } = merging;
  const isCounting = (owner: Owner) => counts(ledger, owner);
  const textsBefore = allTexts(content);
  writer.add(fresh.map(({ bytes, cuts, elements }) => ({ bytes, touched: [], cuts, elements })));
  const merged = readContent(content.replica);

  const settling = settlingOf(merged, cutFrom, ledger, isCounting);
  const authors = authorsIn(settling.saved, ledger);
  const characters = charactersOf(settling.saved, authors, merged.sections, true);
  writeSettling(merged, withoutDoubles(settling, characters, merged), actor, writer);
  claim(writer.written, ({ elements }) => (elements === 'moves' ? 'moved' : 'revived'));

  const known = { before: content.sections, branch: merging.branch.sections, cutFrom };
  placeCutSections(readContent(content.replica), known, characters.cuts?.order ?? [], writer);
  writer.commit();
  claim(writer.written, () => 'moved');
  cutLong(merging, readContent(content.replica), writer);
  claim(writer.written, () => 'moved');

  const after = readContent(content.replica);
  const textsAfter = allTexts(after);
  writer.touch(
    after.sections.flatMap(({ id }) => (textsBefore.get(id) === textsAfter.get(id) ? [] : [id])),
  );
  const sides = { before: content.sections, after: after.sections };
  Object.assign(writer.size, sizeOfMerge(characters, isCounting, merging.start, sides));
}

function cutLong({ newId }: Merging, content: Content, writer: ChangeWriter): void {
  const draft = draftOf(content, { newId, taken: [], textOf: () => '' });
  const layout = content.sections.map(({ id, order }) => ({ id, order }));
  writer.beginCuts();
  for (const { id } of content.sections) cutGrown({ content, writer, draft, layout }, id);
  writer.commit();
}

/** Everything that views and folds read of a section, as one text. */
const allTexts = (content: Content): ReadonlyMap<SectionId, string> =>
  new Map(
    content.sections.map((section: Section) => [
      section.id,
      `${section.order} ${section.present} ${textOf(content, section)}`,
    ]),
  );
