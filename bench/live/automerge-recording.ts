import * as A from '@automerge/automerge';
import { KEYSTROKES_A_CHANGE, inGroups } from './groups.ts';
import type { Edit, Session } from './session.ts';

export type AutomergeRecording = {
  /** The document as its client saves it, and its head. */
  readonly history: Uint8Array;
  readonly head: string;
  readonly changes: readonly AutomergeChange[];
};

export type AutomergeChange = { readonly bytes: Uint8Array; readonly hash: string };

type Content = { readonly sections: Record<string, string> };

/** One client of Automerge types the session. */
export function recordAutomerge(session: Session, editsPerChange: number): AutomergeRecording {
  let doc = A.from<Content>({ sections: {} });
  const type = (edits: readonly Edit[]) => {
    doc = A.change(doc, { time: 0 }, (draft) => edits.forEach((edit) => apply(draft, edit)));
  };
  for (const edits of inGroups(session.history, KEYSTROKES_A_CHANGE)) type(edits);
  const [history, head] = [A.save(doc), A.getHeads(doc)[0]!];
  const changes = inGroups(session.edits, editsPerChange).map((edits) => {
    type(edits);
    return { bytes: A.getLastLocalChange(doc)!, hash: A.getHeads(doc)[0]! };
  });
  return { history, head, changes };
}

/** Of the changes and saved documents that a client received, in their order. */
export function automergeText(received: readonly Uint8Array[], order: readonly number[]): string {
  let doc = A.init<Content>();
  for (const bytes of received) doc = A.loadIncremental(doc, bytes);
  return order.map((section) => doc.sections[section] ?? '').join('');
}

function apply(draft: Content, { section, at, remove, insert }: Edit): void {
  draft.sections[section] ??= '';
  A.splice(draft, ['sections', String(section)], at, remove, insert);
}
