import type { MemberId, SectionId } from '#domain/ids.ts';
import { type Section, presentSections } from './content.ts';
import type { Origin } from './events.ts';
import { settled } from './live-content.ts';
import type { LivingDocument } from './state.ts';
import { type Authorship, authorsIn } from './undo/authorship.ts';
import { type Characters, authorshipOfRow, charactersOf, elementsOf } from './undo/characters.ts';
import { type Ledger, isMerged } from './undo/ledger.ts';
import { typedAs } from './undo/links.ts';
import { savedDocument } from './undo/saved-document.ts';
import { isOverwritten, valueAt } from './undo/saved-rows.ts';

/** Text that one change wrote, in one piece. */
export type BlameRun = {
  readonly text: string;
  readonly author: MemberId;
  /** In seconds since 1970. */
  readonly at: number;
  readonly origin: Origin;
  /** The group that it is undone with, as long as undo reaches it. */
  readonly group?: string;
};

export type SectionBlame = { readonly id: SectionId; readonly runs: readonly BlameRun[] };

/**
 * Who wrote what readers see, section by section: the runs' texts, one after the other, are the
 * Markdown. A character that moved, or that went and came back, is still its first author's.
 */
export function blameOf({ content, ledger }: LivingDocument): readonly SectionBlame[] {
  const now = settled(content);
  const saved = savedDocument(now.replica);
  const characters = charactersOf(saved, authorsIn(saved, ledger), now.sections, isMerged(ledger));
  return presentSections(now).map((section) => ({
    id: section.id,
    runs: runsOf(characters, section, ledger),
  }));
}

function runsOf(characters: Characters, { object }: Section, ledger: Ledger): readonly BlameRun[] {
  const { saved } = characters;
  const runs: (Omit<BlameRun, 'text'> & { text: string })[] = [];
  let last: Authorship | undefined;
  for (const row of elementsOf(characters, object)) {
    if (isOverwritten(saved, row)) continue;
    const authorship = authorshipOfRow(characters, typedAs(characters.previous, row));
    if (authorship !== last) {
      const by = blameFor(authorship, ledger);
      if (!isBy(by, runs.at(-1))) runs.push({ text: '', ...by });
      last = authorship;
    }
    runs.at(-1)!.text += String(valueAt(saved, row) ?? '');
  }
  return runs;
}

const isBy = (by: Omit<BlameRun, 'text'>, run: BlameRun | undefined): boolean =>
  by.at === run?.at &&
  by.author === run.author &&
  by.origin === run.origin &&
  by.group === run.group;

function blameFor({ owner, hand, at }: Authorship, { hands, groups }: Ledger) {
  const written = hands[hand];
  if (written === undefined) throw new Error('A character was written by nobody.');
  const group = groups.known.get(owner)?.id;
  return { ...written, at, ...(group !== undefined && { group }) };
}
