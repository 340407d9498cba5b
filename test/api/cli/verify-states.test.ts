import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparable, letGo } from '#api/cli/verify/states.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import type { DocumentState } from '#domain/document/state.ts';
import { type WrittenDocument, ada, bob, written } from '#test/support/document.ts';

const { decider } = documentAggregate;
const { encode, decode } = documentAggregate.snapshot!;

test('a document with more groups than undo reaches is the same replayed and from a snapshot', () => {
  const document = written('text');
  typed(document, bob);
  typed(document, bob);
  document.do({ type: 'UndoGroup', scope: 'mine' }, bob);
  for (let left = 600; left > 0; left--) typed(document);
  let tailed = decode(encode(document.state));
  for (let left = 450; left > 0; left--) tailed = folded(tailed, typed(document));
  const late = decode(encode(document.state));
  assert.deepEqual(comparable(tailed), comparable(document.state));
  assert.deepEqual(comparable(late), comparable(document.state));

  document.do({ type: 'UndoGroup', scope: 'mine' });
  assert.notDeepEqual(comparable(tailed), comparable(document.state));
  for (const state of [tailed, late]) letGo(state);
});

const typed = (document: WrittenDocument, who = ada): readonly DocumentEvent[] =>
  document.do({ type: 'EditDocument', edits: [{ type: 'insertText', at: 0, text: '.' }] }, who);

const folded = (state: DocumentState, events: readonly DocumentEvent[]): DocumentState =>
  events.reduce((state, event) => decider.evolve(state, event, 0), state);
