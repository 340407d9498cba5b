import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { diffDocuments } from '#domain/document/diff.ts';
import type { Edit } from '#domain/document/edits.ts';
import { contentOf, markdownOf, restorePointOf } from '#domain/document/reading.ts';
import { replacements, textComparison } from '#domain/document/text-diff.ts';
import { changesIn, replayed, written } from '#test/support/document.ts';

test('restoring writes only what differs, as an edit of its own kind', () => {
  const document = written('one two three\n# Four\n');
  const to = restorePointOf(document.living);
  document.edit({ type: 'replaceText', find: 'two', with: 'TWO!' });
  const [change] = changesIn(document.do({ type: 'RestoreDocument', to, revision: 1 }));
  assert.equal(document.markdown, 'one two three\n# Four\n');
  assert.equal(change?.origin, 'restore');
  assert.equal(change?.restored, 1);
  assert.ok(change && change.size.inserted <= 5 && change.size.deleted <= 5);
});

test('a deleted section comes back as itself, a new one goes, titles and places return', () => {
  const document = written('one\n# Two\n# Three\n');
  const to = restorePointOf(document.living);
  const [one, two] = [document.section(0), document.section(1)];
  document.edit(
    { type: 'deleteSection', section: two },
    { type: 'moveSection', section: one, after: document.section(2) },
    { type: 'insertSection', after: null, text: 'new\n' },
    { type: 'setTitle', title: 'Other' },
  );
  assert.notEqual(document.markdown, 'one\n# Two\n# Three\n');
  document.do({ type: 'RestoreDocument', to, revision: 1 });
  const { known: _, ...said } = to;
  assert.deepEqual(contentOf(document.living), said);
});

test('text that was cut off its section meanwhile stays where it is', () => {
  const document = written('one two three four\n');
  const to = restorePointOf(document.living);
  document.edit({ type: 'splitSection', section: document.section(0), at: 8 });
  document.edit({ type: 'replaceText', find: 'two three', with: 'two and three' });
  assert.deepEqual(document.texts, ['one two and ', 'three four\n']);
  const [change] = changesIn(document.do({ type: 'RestoreDocument', to, revision: 1 }));
  assert.deepEqual(document.texts, ['one two ', 'three four\n']);
  assert.deepEqual(change?.size, { inserted: 0, deleted: 4 });
});

test('a section that would come back amid text that was cut off makes that text come home', () => {
  const document = written('one two\n# Three\n');
  const [one, three] = [document.section(0), document.section(1)];
  const to = restorePointOf(document.living);
  document.edit({ type: 'splitSection', section: one, at: 4 });
  document.edit({ type: 'moveSection', section: document.section(1), after: three });
  document.edit({ type: 'deleteSection', section: three });
  assert.deepEqual(document.texts, ['one ', 'two\n']);
  document.do({ type: 'RestoreDocument', to, revision: 1 });
  assert.deepEqual(document.texts, ['one two\n', '# Three\n']);
});

const numbers = fc.array(fc.nat(1_000), { minLength: 4, maxLength: 4 });

test('whatever happened since, a restore brings the Markdown back', () => {
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 12 }), fc.nat(), (edits, choice) => {
      const document = written('one two\n# Three\nfour\n# Five\n');
      const past = [restorePointOf(document.living)];
      for (const chosen of edits) {
        document.edit(someEdit(chosen, document));
        past.push(restorePointOf(document.living));
      }
      const to = past[choice % past.length]!;
      document.do({ type: 'RestoreDocument', to, revision: 1 });
      assert.equal(document.markdown, to.sections.map(({ text }) => text).join(''));
      assert.equal(markdownOf(replayed(document.events)), document.markdown);
      assert.deepEqual(document.do({ type: 'RestoreDocument', to, revision: 1 }), []);
    }),
  );
});

function someEdit(
  [kind = 0, a = 0, b = 0, c = 0]: number[],
  document: ReturnType<typeof written>,
): Edit {
  const { texts, markdown } = document;
  if (texts.length === 0) return { type: 'insertText', at: 0, text: 'new\n' };
  const [section, other] = [document.section(a % texts.length), document.section(b % texts.length)];
  const { length } = texts[a % texts.length]!;
  const edits: Edit[] = [
    { type: 'insertText', at: a % (markdown.length + 1), text: `w${b} ` },
    { type: 'insertText', section, at: c % (length + 1), text: '\n' },
    { type: 'deleteSection', section },
    { type: 'moveSection', section, after: c % 2 ? other : null },
    { type: 'splitSection', section, at: b % (length + 1) },
    { type: 'insertSection', after: section, text: `# ${b}\n` },
    { type: 'setTitle', title: `Title ${b}` },
  ];
  if (markdown !== '') {
    const at = a % markdown.length;
    edits.push({ type: 'deleteText', at, count: 1 + (b % (markdown.length - at)) });
  }
  return edits[kind % edits.length]!;
}

test('a diff tells words, sections that came, went or moved, and the title', () => {
  const document = written('one two\n# Three\n# Four\n', 'Old');
  const from = contentOf(document.living);
  const [first, second, third] = [0, 1, 2].map((index) => document.section(index));
  document.edit(
    { type: 'replaceText', find: 'two', with: 'too' },
    { type: 'deleteSection', section: second! },
    { type: 'moveSection', section: third!, after: null },
    { type: 'insertSection', after: first!, text: 'new\n' },
    { type: 'setTitle', title: 'New' },
  );
  assert.deepEqual(diffDocuments(from, contentOf(document.living)), {
    title: { from: 'Old', to: 'New' },
    sections: [
      { id: third, change: 'moved', isMoved: true, parts: [{ kind: 'same', text: '# Four\n' }] },
      {
        id: first,
        change: 'changed',
        isMoved: false,
        parts: [
          { kind: 'same', text: 'one ' },
          { kind: 'deleted', text: 'two' },
          { kind: 'inserted', text: 'too' },
          { kind: 'same', text: '\n' },
        ],
      },
      {
        id: document.section(2),
        change: 'added',
        isMoved: false,
        parts: [{ kind: 'inserted', text: 'new\n' }],
      },
      {
        id: second,
        change: 'removed',
        isMoved: false,
        parts: [{ kind: 'deleted', text: '# Three\n' }],
      },
    ],
  });
});

test('a cut is no difference, in either direction', () => {
  const document = written('one two three\n');
  const from = contentOf(document.living);
  document.edit({ type: 'splitSection', section: document.section(0), at: 8 });
  document.edit({ type: 'splitSection', section: document.section(0), at: 4 });
  const to = restorePointOf(document.living);
  assert.deepEqual(diffDocuments(from, to), { sections: [] });
  assert.deepEqual(diffDocuments(to, from), { sections: [] });
});

test('parts and replacements turn one text into the other, in whole characters', () => {
  const words = fc
    .array(fc.constantFrom('one', 'two ', ' ', '\n', '😀', '😁', 'é', '.'), { maxLength: 30 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(words, words, (old, now) => {
      const parts = textComparison()(old, now);
      const side = (not: string) =>
        parts
          .filter(({ kind }) => kind !== not)
          .map(({ text }) => text)
          .join('');
      assert.equal(side('inserted'), old);
      assert.equal(side('deleted'), now);
      assert.ok(parts.every(({ text }) => text.isWellFormed() && text !== ''));
      let text = old;
      for (const { at, count, text: typed } of replacements(
        textComparison()(old, now),
      ).toReversed()) {
        text = text.slice(0, at) + typed + text.slice(at + count);
      }
      assert.equal(text, now);
    }),
  );
});

test('texts with nothing in common are told as a whole, and small differences still by words', () => {
  const words = (of: string) => Array.from({ length: 3_000 }, (_, n) => `${of}${n}`).join(' ');
  const compare = textComparison();
  for (let n = 0; n < 5; n += 1) {
    const kinds = compare(words('old'), words('new')).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['deleted', 'inserted']);
  }
  // Nothing is left for a thousand differences, which a fresh comparison would take.
  const some = (of: string) => Array.from({ length: 500 }, (_, n) => `same ${of}${n}`).join(' ');
  assert.equal(compare(some('old'), some('new')).length, 2);
  assert.ok(textComparison()(some('old'), some('new')).length > 500);
  const small = compare('one two three', 'one 2 three');
  assert.deepEqual(
    small.map(({ text }) => text),
    ['one ', 'two', '2', ' three'],
  );
});
