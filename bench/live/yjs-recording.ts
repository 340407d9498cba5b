import * as Y from 'yjs';
import { KEYSTROKES_A_CHANGE, inGroups } from './groups.ts';
import type { Edit, Session } from './session.ts';

export type YjsRecording = {
  readonly history: Uint8Array;
  readonly changes: readonly YjsChange[];
  /** Of a client that has the history and so many of the changes. */
  stateVector(changes: number): Uint8Array;
};

export type YjsChange = { readonly update: Uint8Array; readonly mark: Mark };

/** By what a change is recognised in an update that may hold several: the server merges what comes close together. */
type Mark =
  | { readonly type: 'inserted'; readonly clock: number }
  | { readonly type: 'deleted'; readonly client: number; readonly clock: number };

/** One client of Yjs types the session; every change is one transaction and one update. */
export function recordYjs(session: Session, editsPerChange: number): YjsRecording {
  const doc = new Y.Doc();
  const type = (edits: readonly Edit[]) =>
    doc.transact(() => edits.forEach((edit) => apply(doc, edit)));
  for (const edits of inGroups(session.history, KEYSTROKES_A_CHANGE)) type(edits);
  const history = Y.encodeStateAsUpdate(doc);
  const vectors = [Y.encodeStateVector(doc)];
  const changes: YjsChange[] = [];
  doc.on('update', (update: Uint8Array) => {
    changes.push({ update, mark: markOf(update) });
    vectors.push(Y.encodeStateVector(doc));
  });
  for (const edits of inGroups(session.edits, editsPerChange)) type(edits);
  return { history, changes, stateVector: (changes) => vectors[changes]! };
}

export function yjsText(update: Uint8Array, order: readonly number[]): string {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return order.map((section) => doc.getText(String(section)).toString()).join('');
}

/** How many of the changes, from this one on, are in the update. */
export function changesIn(update: Uint8Array, changes: readonly YjsChange[], from: number): number {
  const content = contentOf(update);
  let next = from;
  while (next < changes.length && holds(content, changes[next]!.mark)) next++;
  return next - from;
}

function apply(doc: Y.Doc, { section, at, remove, insert }: Edit): void {
  const text = doc.getText(String(section));
  if (remove > 0) text.delete(at, remove);
  if (insert !== '') text.insert(at, insert);
}

type Content = {
  readonly clock: number;
  readonly deleted: ReadonlyMap<
    number,
    readonly { readonly clock: number; readonly len: number }[]
  >;
};

function contentOf(update: Uint8Array): Content {
  const { structs, ds } = Y.decodeUpdate(update);
  const clock = structs.reduce((last, { id, length }) => Math.max(last, id.clock + length), 0);
  return { clock, deleted: ds.clients };
}

function markOf(update: Uint8Array): Mark {
  const { clock, deleted } = contentOf(update);
  if (clock > 0) return { type: 'inserted', clock };
  const [client, ranges] = [...deleted][0]!;
  return { type: 'deleted', client, clock: ranges[0]!.clock };
}

function holds({ clock, deleted }: Content, mark: Mark): boolean {
  if (mark.type === 'inserted') return clock >= mark.clock;
  const ranges = deleted.get(mark.client) ?? [];
  return ranges.some((range) => range.clock <= mark.clock && mark.clock < range.clock + range.len);
}
