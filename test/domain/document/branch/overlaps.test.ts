import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlapsOf } from '#domain/document/branch/overlaps.ts';
import type { Edit } from '#domain/document/edits.ts';
import type { Principal } from '#domain/rights.ts';
import { branchId, branchOf, merge } from '#test/support/branch.ts';
import { type WrittenDocument, ada, bob, written } from '#test/support/document.ts';

const edit = (document: WrittenDocument, who: Principal, ...edits: Edit[]) =>
  document.do({ type: 'EditDocument', edits }, who);
const replace = (find: string, text: string): Edit => ({ type: 'replaceText', find, with: text });
const overlaps = (document: WrittenDocument) => overlapsOf(document.living, branchId('branch'));

test('words that both sides changed are told, with what each made of them', () => {
  const document = written('one two three four\n');
  const branch = branchOf(document);
  edit(document, ada, replace('two', 'twain'), replace('one', 'ONE'));
  edit(branch, bob, replace('two', 'too'), replace('four', 'for'));
  merge(document, branch);
  const section = document.section(0);
  const [found, ...others] = overlaps(document);
  assert.deepEqual(others, []);
  assert.ok(found?.kind === 'text');
  const { base, document: ours, branch: theirs } = found;
  assert.deepEqual([found.section, base, ours, theirs], [section, 'two', 'twain', 'too']);
  assert.ok(document.markdown.includes(found.merged));
});

test('what both typed at one place is told, what both deleted is not', () => {
  const document = written('one two three\n');
  const branch = branchOf(document);
  edit(document, ada, replace('two', 'big two'), replace(' three', ''));
  edit(branch, bob, replace('two', 'small two'), replace(' three', ''));
  merge(document, branch);
  const [found, ...others] = overlaps(document);
  assert.deepEqual(others, []);
  assert.ok(found?.kind === 'text');
  assert.deepEqual([found.base, found.document, found.branch], ['', 'big ', 'small ']);
  assert.match(found.merged, /^(big small |small big )$/);
});

test('two new titles are told, and which of them the document has', () => {
  const document = written('one\n', 'Plan');
  const branch = branchOf(document, { title: 'A branch' });
  edit(document, ada, { type: 'setTitle', title: 'The plan' });
  merge(document, branch);
  assert.deepEqual(overlaps(document), []);
  edit(branch, bob, { type: 'setTitle', title: 'Our plan' });
  merge(document, branch);
  assert.deepEqual(overlaps(document), [], 'the document’s was there at the merge before');
  edit(document, ada, { type: 'setTitle', title: 'My plan' });
  edit(branch, bob, { type: 'setTitle', title: 'Your plan' });
  merge(document, branch);
  const sides = { base: 'Our plan', document: 'My plan', branch: 'Your plan' };
  assert.deepEqual(overlaps(document), [{ kind: 'title', ...sides, merged: 'Your plan' }]);
});

test('a section that one side deleted and the other wrote in is told, either way', () => {
  const document = written('one\n# Two\n# Three\n');
  const branch = branchOf(document);
  const [two, three] = [document.section(1), document.section(2)];
  edit(document, ada, { type: 'deleteSection', section: two }, replace('Three', 'Third'));
  edit(branch, bob, { type: 'deleteSection', section: three }, replace('Two', 'Second'));
  merge(document, branch);
  assert.equal(document.markdown, 'one\n');
  assert.deepEqual(overlaps(document), [
    { kind: 'section', section: two, deletedBy: 'document', text: '# Second\n' },
    { kind: 'section', section: three, deletedBy: 'branch', text: '# Third\n' },
  ]);
});

test('cuts are no overlap, and a second merge tells only what is new since the first', () => {
  const document = written('one two three four\n');
  const branch = branchOf(document);
  const section = document.section(0);
  edit(document, ada, { type: 'splitSection', section, at: 8 });
  edit(branch, bob, { type: 'splitSection', section, at: 4 });
  edit(document, ada, replace('two', 'twain'));
  edit(branch, bob, replace('four', 'for'));
  merge(document, branch);
  assert.equal(document.markdown, 'one twain three for\n');
  assert.deepEqual(overlaps(document), []);
  edit(document, ada, replace('three', 'tree'));
  edit(branch, bob, replace('three', 'III'));
  merge(document, branch);
  const found = overlaps(document).map(({ kind, ...rest }) => ({
    kind,
    base: 'base' in rest && rest.base,
  }));
  assert.deepEqual(found, [{ kind: 'text', base: 'three' }]);
});
