import type { DecisionContext } from '#domain/decider.ts';
import { Rejected } from '#domain/rejected.ts';
import { mustMay } from './access.ts';
import type { ChangeWriter } from './change-writer.ts';
import { changing } from './changing.ts';
import type { RestoreDocument } from './commands.ts';
import { type Content, type DocumentContent, type Section, textOf } from './content.ts';
import type { DocumentEvent } from './events.ts';
import type { DocumentState } from './state.ts';
import { replacements } from './text-diff.ts';

export function restoreDocument(
  { to, revision }: RestoreDocument,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  const document = mustMay(state, context.principal, 'document.restore');
  if (document.status === 'archived') throw new Rejected('document/archived');
  const why = { origin: 'restore', restored: revision } as const;
  return changing(document, context, why, (content, writer) => restore(to, content, writer));
}

/** Only what differs is written, so that the rest keeps its authors; deleted sections come back as themselves. */
function restore(to: DocumentContent, content: Content, writer: ChangeWriter): void {
  const now = new Map(content.sections.map((section) => [section.id, section]));
  if (to.title !== content.title) writer.setTitle(to.title);
  for (const target of to.sections) {
    const section = now.get(target.id);
    if (section === undefined) writer.addSection({ ...target, present: true });
    else restoreSection(target, section, content, writer);
  }
  const kept = new Set(to.sections.map(({ id }) => id));
  for (const section of content.sections) {
    if (section.present && !kept.has(section.id)) writer.setPresent(section, false);
  }
}

function restoreSection(
  target: DocumentContent['sections'][number],
  section: Section,
  content: Content,
  writer: ChangeWriter,
): void {
  if (!section.present) writer.setPresent(section, true);
  if (section.order !== target.order) writer.setOrder(section.id, target.order);
  const changes = replacements(textOf(content, section), target.text);
  for (const { at, count, text } of changes.toReversed()) {
    writer.splice({ ...section, present: true }, at, count, text);
  }
}
