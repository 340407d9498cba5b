import type { ChangeWriter } from '#domain/document/change-writer.ts';
import { type Content, reread } from '#domain/document/content.ts';
import { cutFromOf } from '#domain/document/reading.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import { counts } from './ledger.ts';
import { settlingOf } from './settling.ts';

/**
 * A section that is gone because the edits that made it were undone comes back when somebody who
 * still saw it types in it; one that somebody deleted stays away, with what was typed in it.
 */
export function bringBackSections(
  content: Content,
  document: LivingDocument,
  writer: ChangeWriter,
): void {
  writer.commit();
  const touched = new Set(writer.written.flatMap((change) => change.touched));
  const isGone = content.sections.some(({ id, present }) => !present && touched.has(id));
  if (!isGone || document.ledger.settlings === 0) return;
  const now = reread(content, touched);
  // What was just written is in no ledger yet: it counts.
  const { puts } = settlingOf(now, cutFromOf(document), document.ledger, (owner) =>
    counts(document.ledger, owner),
  );
  for (const { key, value, section } of puts) {
    const back = now.sections.find(({ id }) => id === section);
    if (key === 'present' && value === true && back) writer.setPresent(back, true);
  }
}
