import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bob, replayed, written } from '#test/support/document.ts';
import { markdownOf } from '#domain/document/reading.ts';

const undo = { type: 'UndoGroup', scope: 'mine' } as const;
const redo = { type: 'RedoGroup', scope: 'mine' } as const;

test('undo takes back the caller’s last group and leaves what others wrote since', () => {
  const document = written('one three\n');
  document.edit({ type: 'insertText', at: 4, text: 'two ' });
  document.do({ type: 'EditDocument', edits: [{ type: 'insertText', at: 5, text: 'BOB' }] }, bob);
  assert.equal(document.markdown, 'one tBOBwo three\n');
  document.do(undo);
  assert.equal(document.markdown, 'one BOBthree\n');
  document.do(redo);
  assert.equal(document.markdown, 'one tBOBwo three\n');
  document.do(undo, bob);
  assert.equal(document.markdown, 'one two three\n');
  document.do(undo);
  assert.equal(document.markdown, 'one three\n');
  document.do(redo);
  assert.equal(document.markdown, 'one two three\n');
  assert.equal(markdownOf(replayed(document.events)), document.markdown);
});

test('a section that is deleted after an undo is deleted, and comes back by undo', () => {
  const document = written('one\n# Two\n');
  document.edit({ type: 'insertText', at: 0, text: 'A' });
  document.do(undo);
  document.edit({ type: 'deleteSection', section: document.section(1) });
  assert.deepEqual(document.texts, ['one\n']);
  document.do(undo);
  assert.deepEqual(document.texts, ['one\n', '# Two\n']);
});
