import type { DecisionContext } from '#domain/decider.ts';
import type { SectionId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { mustMay } from './access.ts';
import type { ChangeWriter } from './change-writer.ts';
import { changing } from './changing.ts';
import type { RestoreDocument } from './commands.ts';
import {
  type Content,
  type DocumentContent,
  type Section,
  type SectionText,
  bySectionOrder,
  textOf,
} from './content.ts';
import type { DocumentEvent } from './events.ts';
import { type CutFrom, joinedForComparison } from './lineage.ts';
import { cutFromOf } from './reading.ts';
import type { DocumentState } from './state.ts';
import { type CompareTexts, replacements, textComparison } from './text-diff.ts';
import { followText } from './undo/follow-text.ts';

export function restoreDocument(
  { to, revision }: RestoreDocument,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  const document = mustMay(state, context.principal, 'document.restore');
  if (document.status === 'archived') throw new Rejected('document/archived');
  const why = { origin: 'restore', restored: revision } as const;
  return changing(document, context, why, (content, writer) => {
    if (to.title !== content.title) writer.setTitle(to.title);
    restoreSections(to, content, cutFromOf(document), writer);
    followText(content, document, writer);
  });
}

/**
 * Only what differs is written, so that the rest keeps its authors; deleted sections come back as
 * themselves, and text that was cut off its section meanwhile stays where it is.
 */
function restoreSections(
  to: DocumentContent,
  content: Content,
  cutFrom: CutFrom,
  writer: ChangeWriter,
): void {
  const now = new Map(content.sections.map((section) => [section.id, section]));
  const present = content.sections.filter((section) => section.present);
  const joined = joinedForComparison(present, to.sections, cutFrom);
  const before: Before = { content, compare: textComparison() };
  const kept = new Set<SectionId>();
  for (const target of to.sections) {
    const section = now.get(target.id);
    const parts = joined.get(target.id);
    if (section === undefined) writer.addSection({ ...target, present: true });
    else if (parts && standsTogether(parts, target, to.sections)) {
      restoreText(before, parts, target.text, writer);
      for (const { id } of parts) kept.add(id);
    } else restoreSection(before, section, target, writer);
    kept.add(target.id);
  }
  for (const section of present) if (!kept.has(section.id)) writer.setPresent(section, false);
}

/** What is there now, and how its texts are compared with what is to be there. */
type Before = { readonly content: Content; readonly compare: CompareTexts };

/** Whether the section and what was cut off it are where it was, with nothing coming in between. */
function standsTogether(
  parts: readonly Section[],
  target: SectionText,
  others: readonly SectionText[],
): boolean {
  const [first, last] = [parts[0], parts.at(-1)];
  if (!first || !last || first.id !== target.id || first.order !== target.order) return false;
  const isBetween = (other: SectionText) =>
    bySectionOrder(first, other) < 0 && bySectionOrder(other, last) < 0;
  return !others.some(isBetween);
}

function restoreSection(
  before: Before,
  section: Section,
  target: SectionText,
  writer: ChangeWriter,
): void {
  if (!section.present) writer.setPresent(section, true);
  if (section.order !== target.order) writer.setOrder(section.id, target.order);
  restoreText(before, [{ ...section, present: true }], target.text, writer);
}

/** Lets the sections, one after the other, say `text`. */
function restoreText(
  { content, compare }: Before,
  sections: readonly Section[],
  text: string,
  writer: ChangeWriter,
): void {
  const old = sections.map((section) => textOf(content, section)).join('');
  for (const change of replacements(compare(old, text)).toReversed()) {
    let { at, count } = change;
    let typed = change.text;
    for (const section of sections) {
      if (at > section.length) at -= section.length;
      else {
        const removed = Math.min(count, section.length - at);
        if (removed > 0 || typed !== '') writer.splice(section, at, removed, typed);
        [at, count, typed] = [0, count - removed, ''];
        if (count === 0) break;
      }
    }
  }
}
