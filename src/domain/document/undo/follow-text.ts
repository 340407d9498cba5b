import type { ChangeWriter } from '#domain/document/change-writer.ts';
import { type Content, reread } from '#domain/document/content.ts';
import { cutFromOf } from '#domain/document/reading.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import { counts } from './ledger.ts';
import { settlingOf } from './settling.ts';

/**
 * A section whose making was undone is there as long as it has text: it comes back when somebody
 * who still saw it types in it, and goes with its last character. One that somebody deleted stays
 * away, with what was typed in it.
 */
export function followText(content: Content, document: LivingDocument, writer: ChangeWriter): void {
  if (document.ledger.settlings === 0) return;
  writer.commit();
  const touched = new Set(writer.written.flatMap((change) => change.touched));
  const now = reread(content, touched);
  const mayFollow = now.sections.some(
    ({ id, present, length }) => touched.has(id) && present === (length === 0),
  );
  if (!mayFollow) return;
  const { puts } = settlingOf(now, cutFromOf(document), document.ledger, (owner) =>
    counts(document.ledger, owner),
  );
  for (const { key, value, section } of puts) {
    const changed = now.sections.find(({ id }) => id === section && touched.has(id));
    if (key === 'present' && changed) writer.setPresent(changed, value === true);
  }
}
