import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BlameRun, blameOf } from '#domain/document/blame.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { Edit } from '#domain/document/edits.ts';
import { markdownOf, titleOf } from '#domain/document/reading.ts';
import type { Principal } from '#domain/rights.ts';
import { branchOf, merge } from '#test/support/branch.ts';
import { type WrittenDocument, ada, bob, replayed, written } from '#test/support/document.ts';

const undo = { type: 'UndoGroup', scope: 'mine' } as const;
const redo = { type: 'RedoGroup', scope: 'mine' } as const;
const edit = (document: WrittenDocument, who: Principal, ...edits: Edit[]) =>
  document.do({ type: 'EditDocument', edits }, who);
const blamed = (document: WrittenDocument) =>
  blameOf(document.living)
    .flatMap(({ runs }) => runs)
    .map((run: BlameRun) => `${run.author === bob.member ? 'bob' : 'ada'}: ${run.text}`);
const insert = (at: number, text: string): Edit => ({ type: 'insertText', at, text });
const remove = (at: number, count: number): Edit => ({ type: 'deleteText', at, count });
const afterSnapshot = (document: WrittenDocument) => {
  const { encode, decode } = documentAggregate.snapshot!;
  document.state = decode(encode(document.state));
};

test('a branch begins as its document was, with its authors, and goes on by itself', () => {
  const document = written('one three\n');
  edit(document, bob, insert(4, 'two '));
  const branch = branchOf(document);
  assert.equal(branch.markdown, 'one two three\n');
  assert.deepEqual(blamed(branch), blamed(document));
  edit(branch, ada, insert(0, 'zero '));
  assert.equal(branch.markdown, 'zero one two three\n');
  assert.equal(document.markdown, 'one two three\n');
  assert.equal(markdownOf(replayed(branch.events)), branch.markdown);
  assert.throws(() => branch.do(undo, bob), /no edit to undo/, 'what it began with stays');
  branch.do(undo);
  assert.equal(branch.markdown, 'one two three\n');
});

test('a merge brings what the branch wrote, as its authors’, and undo takes all of it back', () => {
  const document = written('one three\n');
  const branch = branchOf(document);
  edit(branch, bob, insert(4, 'two '));
  edit(branch, bob, remove(0, 2));
  edit(document, ada, insert(10, 'four\n'));
  const [event] = merge(document, branch);
  assert.equal(document.markdown, 'e two three\nfour\n');
  assert.deepEqual(blamed(document), ['ada: e ', 'bob: two ', 'ada: three\n', 'ada: four\n']);
  assert.ok(event?.type === 'ChangesApplied');
  assert.equal(event.data.origin, 'merge');
  assert.deepEqual(event.data.size, { inserted: 4, deleted: 2 });
  assert.equal(markdownOf(replayed(document.events)), document.markdown);
  document.do(undo);
  assert.equal(document.markdown, 'one three\nfour\n');
  afterSnapshot(document);
  document.do(redo);
  assert.equal(document.markdown, 'e two three\nfour\n');
  assert.deepEqual(blamed(document), ['ada: e ', 'bob: two ', 'ada: three\n', 'ada: four\n']);
});

test('a second merge brings only what is new since, and a repeat of it nothing', () => {
  const document = written('one\n');
  const branch = branchOf(document);
  edit(branch, bob, insert(3, ' two'));
  merge(document, branch);
  edit(document, ada, insert(0, 'zero '));
  edit(branch, bob, insert(7, ' three'));
  const [event] = merge(document, branch);
  assert.equal(document.markdown, 'zero one two three\n');
  assert.ok(event?.type === 'ChangesApplied');
  assert.deepEqual([event.data.changes.length, event.data.size.inserted], [1, 6]);
  assert.deepEqual(merge(document, branch), []);
  document.do(undo);
  assert.equal(document.markdown, 'zero one two\n');
});

test('the name of a branch is its own; a title that is given in it is merged', () => {
  const document = written('one\n', 'Plan');
  const branch = branchOf(document, { title: 'Plan, shorter' });
  assert.equal(titleOf(branch.living), 'Plan, shorter');
  edit(branch, bob, insert(3, ' two'));
  merge(document, branch);
  assert.deepEqual([titleOf(document.living), document.markdown], ['Plan', 'one two\n']);
  edit(branch, bob, { type: 'setTitle', title: 'The plan' });
  merge(document, branch);
  assert.equal(titleOf(document.living), 'The plan');
  document.do(undo);
  assert.equal(titleOf(document.living), 'Plan');
});

test('what was taken back in the branch is taken back in the document', () => {
  const document = written('one\n');
  const branch = branchOf(document);
  edit(branch, bob, insert(3, ' two'));
  edit(branch, ada, remove(0, 2));
  branch.do(undo);
  merge(document, branch);
  assert.equal(document.markdown, 'one two\n');
  branch.do(undo, bob);
  merge(document, branch);
  assert.equal(document.markdown, 'one\n');
  document.do(undo);
  assert.equal(document.markdown, 'one two\n', 'the second merge is undone');
  document.do(redo);
  branch.do(redo, bob);
  branch.do(redo);
  assert.equal(branch.markdown, 'e two\n');
  afterSnapshot(document);
  merge(document, branch);
  assert.equal(document.markdown, 'e two\n');
  assert.deepEqual(blamed(document), ['ada: e', 'bob:  two', 'ada: \n']);
});

for (const [from, to] of [
  [4, 8],
  [8, 4],
  [8, 8],
] as const) {
  test(`a section cut at ${from} and, in a branch, at ${to} has every character once`, () => {
    for (let attempt = 0; attempt < 8; attempt++) {
      const document = written('one two three four\n# Five\n');
      // Which side’s section comes first in Automerge’s order depends on who wrote more.
      if (attempt % 2 === 0) edit(document, ada, { type: 'setTitle', title: 'x'.repeat(attempt) });
      const branch = branchOf(document, { name: `branch ${attempt}` });
      if (attempt % 4 > 1) edit(branch, ada, { type: 'setTitle', title: 'y'.repeat(attempt) });
      const section = document.section(0);
      edit(document, ada, { type: 'splitSection', section, at: from });
      edit(document, ada, insert(10, 'A'));
      edit(branch, bob, { type: 'splitSection', section, at: to });
      edit(branch, bob, insert(14, 'B'));
      edit(branch, bob, remove(5, 2));
      merge(document, branch);
      assert.equal(document.markdown, 'one t thAree Bfour\n# Five\n');
      assert.equal(markdownOf(replayed(document.events)), document.markdown);
      edit(branch, bob, insert(13, 'C'));
      edit(branch, ada, { type: 'splitSection', section: branch.section(1), at: 3 });
      merge(document, branch);
      assert.equal(document.markdown, 'one t thAree BCfour\n# Five\n');
      document.do(undo);
      document.do(undo);
      assert.equal(document.markdown, 'one two thAree four\n# Five\n');
    }
  });
}
