import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Automerge from '@automerge/automerge';
import { documentAggregate } from '#domain/document/document.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import { baseOf, contentOf, lengthOf, sectionsOf } from '#domain/document/reading.ts';
import { type WrittenDocument, bob, replayed, written } from '#test/support/document.ts';

type Shape = { sections: Record<string, { present: boolean; text: string }>; title: unknown };

const clientOf = (document: WrittenDocument, actor: string): Automerge.Doc<Shape> =>
  Automerge.applyChanges(Automerge.init<Shape>({ actor }), document.changes)[0];

/** The event that a client's change becomes. */
const applied = (client: Automerge.Doc<Shape>, sections: string[]): DocumentEvent => ({
  type: 'ChangesApplied',
  data: {
    changes: [Automerge.getLastLocalChange(client)!],
    group: crypto.randomUUID(),
    author: bob.member,
    origin: 'person',
    size: { inserted: 0, deleted: 0 },
    sections: sections as never,
  },
});

test('Automerge clients read what JSON edits wrote, and the other way round', () => {
  const document = written('one\n# Two\n');
  const section = document.section(1);
  const [left, right] = ['aa', 'bb'].map((actor) =>
    Automerge.change(clientOf(document, actor), (draft) => {
      Automerge.splice(draft, ['sections', section, 'text'], 2, 3, actor);
      if (actor === 'bb') draft.sections[document.section(0)]!.present = false;
    }),
  );
  const base = baseOf(document.living, document.revision);
  for (const event of [
    applied(left!, [section]),
    applied(right!, [section, document.section(0)]),
  ]) {
    document.events.push(event);
    document.state = documentAggregate.decider.evolve(document.state, event, document.revision);
  }
  document.do(
    { type: 'EditDocument', edits: [{ type: 'insertText', at: 7, text: '!' }], base },
    bob,
  );
  const merged = clientOf(document, 'cc');
  const [text] = document.texts;
  assert.equal(text, merged.sections[section]?.text);
  assert.match(text!, /^# .*!.*\n$/);
  assert.equal(sectionsOf(document.living).length, 1, 'one is deleted');
  assert.equal(lengthOf(document.living), text!.length);
  assert.deepEqual(contentOf(replayed(document.events)), contentOf(document.living));
});

test('every change is a plain chunk of one actor, whose numbers go on without a gap', () => {
  const document = written('one\n');
  for (const text of ['a', 'b', 'c']) document.edit({ type: 'insertText', at: 0, text });
  document.do({ type: 'EditDocument', edits: [{ type: 'setTitle', title: 'Bob’s' }] }, bob);
  const changes = document.changes.map((change) => Automerge.decodeChange(change));
  const [adas] = changes.map(({ actor }) => actor);
  assert.deepEqual(
    changes.map(({ actor, seq, deps }) => [actor === adas, seq, deps.length]),
    [
      [true, 1, 0],
      [true, 2, 1],
      [true, 3, 1],
      [true, 4, 1],
      [false, 1, 1],
    ],
  );
  // Byte 8 of a chunk is its type; 1 is a change that is not compressed.
  for (const change of document.changes) assert.equal(change[8], 1);
  assert.equal(changes[0]?.time, Date.parse('2026-01-31T12:00:30Z') / 1000);
});
