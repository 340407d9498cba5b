import * as Y from 'yjs';
import type { Editor } from './editor.ts';
import { PEOPLE } from './script.ts';

/** Sections as texts of an array; the undo of each person is Yjs's own. */
export function yjsEditor(beginning: string): Editor {
  const server = new Y.Doc();
  sectionsOf(server).push([new Y.Text(beginning)]);
  const people = Array.from({ length: PEOPLE }, (_, who) => {
    const doc = new Y.Doc();
    doc.clientID = who + 1;
    send(server, doc);
    // Every step is a group of its own.
    const undos = new Y.UndoManager(sectionsOf(doc), {
      captureTimeout: 0,
      trackedOrigins: new Set(['person']),
    });
    return { doc, undos };
  });
  const past: string[] = [];

  const write = (who: number, origin: string, change: (doc: Y.Doc) => void) => {
    const { doc, undos } = people[who]!;
    undos.stopCapturing();
    doc.transact(() => change(doc), origin);
    send(doc, server);
  };
  const undoing = (who: number, what: 'undo' | 'redo') => {
    people[who]!.undos[what]();
    send(people[who]!.doc, server);
  };

  return {
    name: 'Y.UndoManager',
    catchUp: (who) => send(server, people[who]!.doc),
    view: (who) => shown(people[who]!.doc),
    shown: () => shown(server),
    insert: (who, at, text) => write(who, 'person', (doc) => insert(doc, at, text)),
    remove: (who, at, count) => write(who, 'person', (doc) => remove(doc, at, count)),
    // Text only moves: nobody means to take that back.
    split: (who, at) => write(who, 'cut', (doc) => split(doc, at)),
    restore: (who, step) => write(who, 'person', (doc) => restore(doc, past[step] ?? '')),
    undo: (who) => undoing(who, 'undo'),
    redo: (who) => undoing(who, 'redo'),
    remember: () => past.push(shown(server)),
  };
}

const sectionsOf = (doc: Y.Doc): Y.Array<Y.Text> => doc.getArray<Y.Text>('sections');

const shown = (doc: Y.Doc): string =>
  sectionsOf(doc)
    .map((text) => text.toJSON())
    .join('');

function send(from: Y.Doc, to: Y.Doc): void {
  Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)), 'others');
}

function insert(doc: Y.Doc, at: number, text: string): void {
  let left = at;
  for (const section of sectionsOf(doc)) {
    if (left <= section.length) {
      section.insert(left, text);
      return;
    }
    left -= section.length;
  }
}

function remove(doc: Y.Doc, at: number, count: number): void {
  let [left, more] = [at, count];
  for (const section of sectionsOf(doc)) {
    const { length } = section;
    const here = Math.min(more, Math.max(0, length - left));
    if (here > 0) section.delete(left, here);
    left = Math.max(0, left - length);
    more -= here;
  }
}

function split(doc: Y.Doc, at: number): void {
  let left = at;
  for (const [index, section] of sectionsOf(doc).toArray().entries()) {
    if (left < section.length) {
      const tail = section.toJSON().slice(left);
      section.delete(left, tail.length);
      sectionsOf(doc).insert(index + 1, [new Y.Text(tail)]);
      return;
    }
    left -= section.length;
  }
}

/** What is not in the old text goes, what is missing is written where it was. */
function restore(doc: Y.Doc, old: string): void {
  const now = shown(doc);
  const kept = new Set(old);
  for (let at = now.length - 1; at >= 0; at--) {
    const character = now.charAt(at);
    if (!kept.has(character) || now.indexOf(character) < at) remove(doc, at, 1);
  }
  for (const [at, character] of Array.from(old).entries()) {
    if (shown(doc).charAt(at) !== character) insert(doc, at, character);
  }
}
