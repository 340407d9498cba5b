import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlapsOf } from '#domain/document/branch/overlaps.ts';
import { blameOf } from '#domain/document/blame.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { Edit } from '#domain/document/edits.ts';
import { markdownOf, restorePointOf } from '#domain/document/reading.ts';
import type { Principal } from '#domain/rights.ts';
import { branchId, branchOf, merge } from '#test/support/branch.ts';
import { type WrittenDocument, ada, bob, replayed, written } from '#test/support/document.ts';

const edit = (document: WrittenDocument, who: Principal, ...edits: Edit[]) =>
  document.do({ type: 'EditDocument', edits }, who);
const insert = (at: number, text: string): Edit => ({ type: 'insertText', at, text });
const remove = (at: number, count: number): Edit => ({ type: 'deleteText', at, count });
const undo = { type: 'UndoGroup', scope: 'mine' } as const;
const redo = { type: 'RedoGroup', scope: 'mine' } as const;
const authors = (document: WrittenDocument) =>
  blameOf(document.living).flatMap(({ runs }) =>
    runs.map(({ author, text }) => `${author === bob.member ? 'bob' : 'ada'}: ${text}`),
  );
const point = ({ living, revision }: WrittenDocument) => ({ to: restorePointOf(living), revision });
const restore = (document: WrittenDocument, to: ReturnType<typeof point>, who: Principal = ada) =>
  document.do({ type: 'RestoreDocument', ...to }, who);
const afterSnapshot = (document: WrittenDocument) => {
  const { encode, decode } = documentAggregate.snapshot!;
  document.state = decode(encode(document.state));
};

test('what a branch restored comes back in the document, once and as its author’s', () => {
  const document = written('one three\n');
  edit(document, bob, insert(4, 'two '));
  const branch = branchOf(document);
  const begun = point(branch);
  edit(branch, ada, remove(4, 4));
  merge(document, branch);
  assert.equal(document.markdown, 'one three\n');
  restore(branch, begun, bob);
  const [event] = merge(document, branch);
  assert.equal(document.markdown, 'one two three\n');
  assert.deepEqual(authors(document), ['ada: one ', 'bob: two ', 'ada: three\n']);
  assert.ok(event?.type === 'ChangesApplied');
  assert.deepEqual(event.data.size, { inserted: 4, deleted: 0 });
  assert.equal(markdownOf(replayed(document.events)), document.markdown);
  document.do(undo);
  assert.equal(document.markdown, 'one three\n', 'the merge of the restore is undone');
  document.do(undo);
  assert.equal(document.markdown, 'one two three\n', 'and the deletion, which shows nothing twice');
  afterSnapshot(document);
  document.do(redo);
  document.do(redo);
  assert.equal(document.markdown, 'one two three\n');
});

test('a branch begins with what was restored, and what is deleted in it since stays deleted', () => {
  const document = written('one two three\n');
  const full = point(document);
  edit(document, ada, remove(4, 4));
  restore(document, full);
  const branch = branchOf(document);
  assert.equal(branch.markdown, 'one two three\n');
  edit(branch, bob, remove(0, 4), insert(4, 'and '));
  assert.equal(branch.markdown, 'two and three\n');
  branch.do(undo, bob);
  assert.equal(branch.markdown, 'one two three\n');
  branch.do(redo, bob);
  merge(document, branch);
  assert.equal(document.markdown, 'two and three\n');
  document.do({ ...undo, group: groupOf(document, 0) });
  assert.equal(document.markdown, 'two and three\n', 'the deletion that was restored is undone');
});

test('what both sides restored is there once', () => {
  const document = written('one two three\n');
  const full = point(document);
  const branch = branchOf(document);
  const begun = point(branch);
  edit(document, ada, remove(4, 4));
  edit(branch, bob, remove(4, 4));
  restore(document, full);
  restore(branch, begun, bob);
  merge(document, branch);
  assert.equal(document.markdown, 'one two three\n');
  edit(branch, bob, insert(7, 'B'));
  edit(document, ada, insert(7, 'A'));
  merge(document, branch);
  assert.match(document.markdown, /^one two(AB|BA) three\n$/);
});

test('a restore takes nothing back that its author had not seen: what the document deleted stays gone', () => {
  const document = written('one two three\n');
  const branch = branchOf(document);
  const begun = point(branch);
  edit(branch, bob, remove(4, 4));
  restore(branch, begun, bob);
  edit(document, ada, remove(4, 4));
  merge(document, branch);
  assert.equal(document.markdown, 'one three\n');
  document.do({ ...undo, group: groupOf(document, 0) });
  assert.equal(document.markdown, 'one two three\n', 'the deletion is undone');
});

test('a restore that the branch undid, and redid, is undone and redone with it', () => {
  const document = written('one two three\n');
  const branch = branchOf(document);
  const begun = point(branch);
  edit(branch, bob, remove(4, 4));
  restore(branch, begun);
  branch.do(undo);
  merge(document, branch);
  assert.equal(document.markdown, 'one three\n');
  branch.do(redo);
  merge(document, branch);
  assert.equal(document.markdown, 'one two three\n');
  branch.do(undo);
  afterSnapshot(branch);
  merge(document, branch);
  assert.equal(document.markdown, 'one three\n');
});

test('a document is restored to what it was before a merge, across the cuts of both sides', () => {
  const document = written('one two three four\n# Five\n');
  const branch = branchOf(document);
  const section = document.section(0);
  edit(document, ada, { type: 'splitSection', section, at: 4 });
  edit(branch, bob, { type: 'splitSection', section, at: 8 });
  const before = point(document);
  edit(branch, bob, insert(8, 'B'), remove(14, 5));
  merge(document, branch);
  assert.equal(document.markdown, 'one two Bthree\n# Five\n');
  restore(document, before);
  assert.equal(document.markdown, 'one two three four\n# Five\n');
  document.do(undo);
  assert.equal(document.markdown, 'one two Bthree\n# Five\n');
  document.do(redo);
  document.do({ ...undo, group: groupOf(document, -2) });
  assert.equal(
    document.markdown,
    'one two three four\n# Five\n',
    'what was brought back is not twice',
  );
});

test('words that the document restored are no overlap with what the branch left alone', () => {
  const document = written('one two three\n');
  const full = point(document);
  const branch = branchOf(document);
  edit(document, ada, remove(4, 4));
  restore(document, full);
  edit(branch, bob, insert(0, 'zero '));
  merge(document, branch);
  assert.equal(document.markdown, 'zero one two three\n');
  assert.deepEqual(overlapsOf(document.living, branchId('branch')), []);
});

const groupOf = ({ living }: WrittenDocument, index: number): string =>
  [...living.ledger.groups.known.values()].at(index)!.id;
