import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdownOf, restorePointOf } from '#domain/document/reading.ts';
import type { RestorePoint } from '#domain/document/content.ts';
import { type WrittenDocument, bob, changesIn, replayed, written } from '#test/support/document.ts';

const undo = { type: 'UndoGroup', scope: 'mine' } as const;
const redo = { type: 'RedoGroup', scope: 'mine' } as const;
const restore = (to: RestorePoint) => ({ type: 'RestoreDocument', to, revision: 1 }) as const;

/** Deletes a word, and answers the group that did. */
function deleted(document: WrittenDocument, find: string): string {
  const [change] = document.edit({ type: 'replaceText', find, with: '' });
  return change?.group ?? assert.fail();
}

test('text that a restore brings back is the old text: undoing its deletion shows it once', () => {
  const document = written('one two three\n');
  const to = restorePointOf(document.living);
  const group = deleted(document, 'two ');
  const [change] = changesIn(document.do(restore(to), bob));
  assert.equal(document.markdown, 'one two three\n');
  assert.deepEqual(change?.size, { inserted: 4, deleted: 0 });
  document.do({ ...undo, group });
  assert.equal(document.markdown, 'one two three\n');
  document.do(undo, bob);
  assert.equal(document.markdown, 'one two three\n', 'nothing deletes it any more');
  document.do({ ...redo, group });
  assert.equal(document.markdown, 'one three\n');
  document.do(redo, bob);
  assert.equal(document.markdown, 'one two three\n');
  assert.equal(markdownOf(replayed(document.events)), document.markdown);
});

test('what is deleted after a restore is deleted, whatever becomes of the restore', () => {
  const document = written('one two three\n');
  const to = restorePointOf(document.living);
  deleted(document, 'two ');
  document.do(restore(to), bob);
  deleted(document, 'two ');
  assert.equal(document.markdown, 'one three\n');
  document.do(undo, bob);
  document.do(redo, bob);
  assert.equal(document.markdown, 'one three\n');
  document.do(undo);
  assert.equal(document.markdown, 'one two three\n');
});

test('text comes back once also where its neighbours were cut off it meanwhile', () => {
  const document = written('one two three four\n');
  const to = restorePointOf(document.living);
  const group = deleted(document, 'two three ');
  document.edit({ type: 'splitSection', section: document.section(0), at: 2 });
  document.do(restore(to), bob);
  assert.deepEqual(document.texts, ['on', 'e two three four\n']);
  document.do({ ...undo, group });
  assert.deepEqual(document.texts, ['on', 'e two three four\n']);
  document.do(undo, bob);
  document.do(redo);
  assert.deepEqual(document.texts, ['on', 'e four\n']);
});

test('a deleted end of a section comes back where it was cut off, and once', () => {
  const document = written('one two\n');
  const to = restorePointOf(document.living);
  document.edit({ type: 'splitSection', section: document.section(0), at: 4 });
  const [change] = document.edit({ type: 'deleteSection', section: document.section(1) });
  document.do(restore(to), bob);
  assert.deepEqual(document.texts, ['one ', 'two\n']);
  document.do({ ...undo, group: change?.group ?? '' });
  assert.deepEqual(document.texts, ['one ', 'two\n']);
});

test('text that comes home to its section is not there twice when its end comes back', () => {
  const document = written('one two\n# Three\n');
  const to = restorePointOf(document.living);
  document.edit({ type: 'splitSection', section: document.section(0), at: 4 });
  const end = document.section(1);
  document.edit({ type: 'moveSection', section: end, after: document.section(2) });
  const [change] = document.edit({ type: 'deleteSection', section: end });
  document.do(restore(to), bob);
  assert.deepEqual(document.texts, ['one two\n', '# Three\n']);
  document.do({ ...undo, group: change?.group ?? '' });
  assert.deepEqual(document.texts, ['one two\n', '# Three\n']);
});

test('an edit made before a restore that brought its neighbours back stands beside them', () => {
  const document = written('one two three\n');
  const to = restorePointOf(document.living);
  deleted(document, 'two ');
  document.do(restore(to));
  document.edit({ type: 'insertText', at: 5, text: 'WW' });
  assert.equal(document.markdown, 'one tWWwo three\n');
  document.do(restore(to), bob);
  assert.equal(document.markdown, 'one two three\n');
  document.do(undo, bob);
  assert.equal(document.markdown, 'one tWWwo three\n');
});
