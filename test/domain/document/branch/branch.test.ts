import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BlameRun, blameOf } from '#domain/document/blame.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { Edit } from '#domain/document/edits.ts';
import { markdownOf, titleOf } from '#domain/document/reading.ts';
import type { Principal } from '#domain/rights.ts';
import { branchOf, merge } from '#test/support/branch.ts';
import { principal } from '#test/support/given.ts';
import { seededRandom } from '#test/support/random.ts';
import { ownChangesOf } from '#domain/document/branch/own-changes.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import { type WrittenDocument, ada, bob, replayed, written } from '#test/support/document.ts';

const undo = { type: 'UndoGroup', scope: 'mine' } as const;
const redo = { type: 'RedoGroup', scope: 'mine' } as const;
const edit = (document: WrittenDocument, who: Principal, ...edits: Edit[]) =>
  document.do({ type: 'EditDocument', edits }, who);
const blamed = (document: LivingDocument) =>
  blameOf(document)
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
  assert.deepEqual(blamed(branch.living), blamed(document.living));
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
  assert.deepEqual(blamed(document.living), [
    'ada: e ',
    'bob: two ',
    'ada: three\n',
    'ada: four\n',
  ]);
  assert.ok(event?.type === 'ChangesApplied');
  assert.equal(event.data.origin, 'merge');
  assert.deepEqual(event.data.size, { inserted: 4, deleted: 2 });
  assert.equal(markdownOf(replayed(document.events)), document.markdown);
  document.do(undo);
  assert.equal(document.markdown, 'one three\nfour\n');
  afterSnapshot(document);
  document.do(redo);
  assert.equal(document.markdown, 'e two three\nfour\n');
  assert.deepEqual(blamed(document.living), [
    'ada: e ',
    'bob: two ',
    'ada: three\n',
    'ada: four\n',
  ]);
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
  assert.deepEqual(blamed(document.living), ['ada: e', 'bob:  two', 'ada: \n']);
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

/** Words that no compression makes short. */
function words(count: number, seed: number): string {
  const random = seededRandom(seed);
  const word = () => random.below(36 ** 8).toString(36);
  return Array.from({ length: count }, (_, n) => word() + (n % 12 === 11 ? '\n\n' : ' ')).join('');
}

test('a large document is carried into its branch in parts, and a large merge in several events', () => {
  const document = written(words(80_000, 1));
  edit(document, bob, insert(0, 'first '));
  const branch = branchOf(document);
  const parts = branch.events.flatMap(({ type, data }) =>
    type === 'ContentInherited' ? [data] : [],
  );
  assert.ok(parts.length > 1, 'one event does not hold it');
  assert.deepEqual(
    parts.map(({ sections }) => sections !== undefined),
    parts.map((_, index) => index === parts.length - 1),
  );
  assert.equal(branch.markdown, document.markdown);
  assert.deepEqual(blamed(replayed(branch.events)), blamed(document.living));
  edit(branch, bob, insert(0, words(48_000, 2)));
  const events = merge(document, branch);
  assert.ok(events.length > 1);
  assert.equal(document.markdown, branch.markdown);
  assert.equal(markdownOf(replayed(document.events)), document.markdown);
  assert.deepEqual(merge(document, branch), []);
  edit(branch, ada, insert(0, 'new '));
  const [second, ...none] = merge(document, branch);
  assert.ok(second?.type === 'ChangesApplied' && none.length === 0);
  assert.deepEqual(second.data.size, { inserted: 4, deleted: 0 });
});

test('a section that became too long by a merge is cut like any other', () => {
  const document = written('one two three\n'.repeat(900));
  edit(document, ada, insert(document.texts[0]!.length, 'x'.repeat(1_000)));
  const branch = branchOf(document);
  const section = document.section(0);
  edit(document, ada, { type: 'insertText', section, at: 0, text: 'ada\n'.repeat(1_900) });
  edit(branch, bob, { type: 'insertText', section, at: 14, text: 'bob\n'.repeat(1_900) });
  merge(document, branch);
  assert.ok(document.texts.every(({ length }) => length <= 16_000));
  assert.equal(document.markdown.match(/ada\n/g)?.length, 1_900);
  assert.equal(document.markdown.match(/bob\n/g)?.length, 1_900);
  const merged = document.markdown;
  document.do(undo);
  assert.ok(!document.markdown.includes('bob'));
  document.do(redo);
  assert.equal(document.markdown, merged);
});

test('what both sides brought back is there once', () => {
  const document = written('one two three\n');
  edit(document, ada, insert(4, 'and '));
  const branch = branchOf(document);
  edit(document, ada, remove(8, 4));
  edit(branch, bob, remove(8, 4));
  document.do(undo);
  branch.do(undo, bob);
  merge(document, branch);
  assert.equal(document.markdown, 'one and two three\n');
  edit(branch, bob, insert(12, 'B'));
  edit(document, ada, insert(12, 'A'));
  merge(document, branch);
  assert.match(document.markdown, /^one and two (AB|BA)three\n$/);
});

test('a branch of a branch is merged into it, and with it into the document', () => {
  const document = written('one\n');
  const branch = branchOf(document, { name: 'first' });
  edit(branch, ada, insert(3, ' two'));
  const further = branchOf(branch, { name: 'second' });
  edit(further, bob, insert(7, ' three'));
  merge(branch, further);
  assert.equal(branch.markdown, 'one two three\n');
  merge(document, branch);
  assert.equal(document.markdown, 'one two three\n');
  assert.deepEqual(blamed(document.living), ['ada: one', 'ada:  two', 'bob:  three', 'ada: \n']);
  assert.deepEqual(merge(document, branch), []);
});

test('who may not edit, cannot merge, and nothing is merged into an archive', () => {
  const document = written('one\n');
  const branch = branchOf(document);
  edit(branch, bob, insert(0, 'x'));
  assert.throws(() => merge(document, branch, principal('cleo', 'viewer')), /no such document/);
  document.do({ type: 'ArchiveDocument' });
  assert.throws(() => merge(document, branch), /archived/);
  assert.throws(() => ownChangesOf(document.living), /no such branch/);
});
