import type { DecisionContext } from '#domain/decider.ts';
import { serverActor, writing } from '#domain/document/changing.ts';
import { reread } from '#domain/document/content.ts';
import type { ContentEvent, DocumentEvent } from '#domain/document/events.ts';
import { cutFromOf } from '#domain/document/reading.ts';
import { applyChanges } from '#domain/document/replica.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import { copyOf, counts } from '#domain/document/undo/ledger.ts';
import { takeIntoLedger } from '#domain/document/undo/recording.ts';
import { settlingOf } from '#domain/document/undo/settling.ts';
import { writeSettling } from '#domain/document/undo/write-settling.ts';

/**
 * What the server writes behind a change whose author had not seen all cuts and undos: what it did
 * to elements that nobody sees any more happens to those that their characters are by now.
 */
export function reconciling(
  document: LivingDocument,
  applied: ContentEvent,
  context: DecisionContext,
): DocumentEvent[] {
  const ledger = copyOf(document.ledger);
  takeIntoLedger(ledger, applied);
  const isInEffect = (owner: number) => counts(ledger, owner);
  return writing(
    document,
    context,
    (content, writer) => {
      applyChanges(content.replica, applied.data.changes);
      const now = reread(content, new Set(applied.data.sections));
      const settling = settlingOf(now, cutFromOf(document), ledger, isInEffect);
      writeSettling(now, settling, serverActor(document, context.principal.member), writer);
    },
    (data) => ({ type: 'ChangesReconciled', data }),
  );
}
