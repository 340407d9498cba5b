import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAnchors } from '#domain/document/anchor/find-anchors.ts';
import { type AskedRange, anchorIn } from '#domain/document/anchor/make-anchor.ts';
import { sectionsOf } from '#domain/document/reading.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import { type WrittenDocument, bob, replayed, written } from '#test/support/document.ts';

const anchor = ({ living, revision }: WrittenDocument, range: AskedRange) =>
  anchorIn(living, revision, range);

const about = (document: WrittenDocument, words: string) =>
  anchor(document, { at: document.markdown.indexOf(words), count: words.length });

function found(document: WrittenDocument, made: ReturnType<typeof anchorIn>) {
  const [only] = findAnchors(document.living, [made.anchor]);
  assert.ok(only);
  const sections = new Map(sectionsOf(document.living).map(({ id, text }) => [id, text]));
  const says = only.ranges.map(({ section, at, count }) =>
    sections.get(section)?.slice(at, at + count),
  );
  return { ...only, says };
}

const isRejected = (code: RejectionCode) => (error: unknown) =>
  error instanceof Rejected && error.code === code;

test('a text keeps its anchor while others write around and inside it', () => {
  const document = written('one two three');
  const two = about(document, 'two');
  assert.equal(two.quoted, 'two');
  document.edit({ type: 'insertText', at: 0, text: '> ' });
  document.edit({ type: 'replaceText', find: 'two', with: 't😀wo' });
  document.edit({
    type: 'insertText',
    at: document.markdown.indexOf(' three'),
    text: ' and a half',
  });
  assert.deepEqual(found(document, two).says, ['t😀wo']);
});

test('what is typed behind a deleted end is not part of it', () => {
  const document = written('one two three');
  const all = about(document, 'one two');
  document.edit({ type: 'deleteText', at: 3, count: 4 });
  document.edit({ type: 'insertText', at: 3, text: ' other' });
  assert.deepEqual(found(document, all).says, ['one']);
});

test('a text that is gone is an orphan at its place until its deletion is undone', () => {
  const document = written('one two three');
  const two = about(document, 'two ');
  document.edit({ type: 'deleteText', at: 2, count: 7 });
  const { isOrphaned, ranges } = found(document, two);
  assert.deepEqual(
    [isOrphaned, ranges],
    [true, [{ section: document.section(0), at: 2, count: 0 }]],
  );
  document.do({ type: 'UndoGroup', scope: 'mine' });
  assert.deepEqual(found(document, two).says, ['two ']);
  document.do({ type: 'RedoGroup', scope: 'mine' });
  document.do({ type: 'UndoGroup', scope: 'mine' });
  const back = found(document, two);
  assert.deepEqual([back.isOrphaned, back.says], [false, ['two ']]);
});

test('a text that a cut parts is in both sections, whichever comes first by now', () => {
  const document = written('one two three');
  const two = about(document, 'two');
  const left = document.section(0);
  document.edit({ type: 'splitSection', section: left, at: 5 });
  assert.deepEqual(found(document, two).says, ['t', 'wo']);
  document.edit({ type: 'moveSection', section: document.section(1), after: null });
  assert.deepEqual(found(document, two).says, ['wo', 't']);
  document.edit({ type: 'insertText', section: left, at: 0, text: 'zero ' });
  assert.deepEqual(found(document, two).says, ['wo', 't']);
});

test('a text in a deleted section is an orphan where the section was, and comes back with it', () => {
  const document = written('# One\n# Two\n# Three\n');
  const [one, two] = [document.section(0), document.section(1)];
  const word = about(document, 'Two');
  document.edit({ type: 'deleteSection', section: two });
  const place = { section: one, at: 6, count: 0 };
  assert.deepEqual(found(document, word).ranges, [place]);
  document.do({ type: 'UndoGroup', scope: 'mine' });
  assert.deepEqual(found(document, word).says, ['Two']);
});

test('where a document shows nothing, an orphan has no place', () => {
  const document = written('one');
  const word = about(document, 'one');
  document.edit({ type: 'deleteSection', section: document.section(0) });
  const { ranges, isOrphaned } = found(document, word);
  assert.deepEqual([ranges, isOrphaned], [[], true]);
});

test('an anchor of an older revision is where that text is now', () => {
  const document = written('one two three');
  const { revision } = document;
  const events = [...document.events];
  document.edit({ type: 'insertText', at: 0, text: 'zero ' });
  document.do({ type: 'EditDocument', edits: [{ type: 'deleteText', at: 9, count: 2 }] }, bob);
  const then = anchorIn(replayed(events), revision, { at: 4, count: 3 });
  assert.deepEqual([then.quoted, found(document, then).says], ['two', ['o']]);
});

test('what was typed in one go is one run, however long it is', () => {
  const document = written('x'.repeat(5_000));
  assert.equal(anchor(document, { at: 100, count: 4_000 }).anchor.runs.length, 1);
});

test('a range that is not there, too long or inside a character is refused', () => {
  const document = written('a😀b');
  const section = document.section(0);
  const asked = (range: AskedRange, code: RejectionCode) =>
    assert.throws(() => anchor(document, range), isRejected(code));
  asked({ at: 3, count: 2 }, 'edit/out-of-range');
  asked({ section, at: 9, count: 1 }, 'edit/out-of-range');
  asked({ at: 0, count: 2 }, 'edit/inside-character');
  asked({ at: 2, count: 1 }, 'edit/inside-character');
  asked({ at: 0, count: 20_001 }, 'anchor/too-long');
  document.edit({ type: 'deleteSection', section });
  asked({ section, at: 0, count: 1 }, 'edit/section-not-found');
  asked({ at: 0, count: 1 }, 'edit/out-of-range');
});
