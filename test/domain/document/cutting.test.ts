import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { cutText } from '#domain/document/cutting.ts';

const lines = (...texts: string[]) => texts.join('\n');

test('text is cut before headings, which keep the newline on their left', () => {
  assert.deepEqual(cutText('intro\n# One\ntext\n## Two\n'), [
    'intro\n',
    '# One\ntext\n',
    '## Two\n',
  ]);
  assert.deepEqual(cutText('# One\n'), ['# One\n']);
  assert.deepEqual(cutText(''), ['']);
});

test('what only looks like a heading is none', () => {
  for (const text of ['#hashtag', '    # indented code', '####### seven', 'in # the middle']) {
    assert.deepEqual(cutText(`intro\n${text}\n`), [`intro\n${text}\n`], text);
  }
});

test('a heading in fenced code is none, until the fence is closed', () => {
  const fenced = lines('intro', '```sh', '# comment', '~~~', '````', '# One', '');
  assert.deepEqual(cutText(fenced), [
    lines('intro', '```sh', '# comment', '~~~', '````', ''),
    '# One\n',
  ]);
  const tildes = lines('intro', '~~~~', '# a', '~~~', '# b', '');
  assert.deepEqual(cutText(tildes), [tildes]);
  const inline = lines('``` not a fence: ` ```', '# One', '');
  assert.deepEqual(cutText(inline), [lines('``` not a fence: ` ```', ''), '# One\n']);
});

test('a long text is cut at its last paragraph, else its last line, else anywhere', () => {
  assert.deepEqual(cutText('aa\n\nbb\nc\n\ndddd', 12), ['aa\n\nbb\nc\n\n', 'dddd']);
  assert.deepEqual(cutText('aaaa\nbbbb\ncccc', 12), ['aaaa\nbbbb\n', 'cccc']);
  assert.deepEqual(cutText('aaaabbbbcccc', 5), ['aaaab', 'bbbcc', 'cc']);
});

test('a character is never torn', () => {
  assert.deepEqual(cutText('a😀b', 2), ['a', '😀', 'b']);
});

test('too many pieces are joined again, as far as they may be long', () => {
  const headings = '# x\n'.repeat(100);
  assert.equal(cutText(headings, 40).length, 100);
  const joined = cutText(headings, 40, 50);
  assert.equal(joined.length, 10);
  assert.equal(joined.join(''), headings);
});

test('pieces are the text, none is too long, none tears a character', () => {
  const markdown = fc
    .array(fc.constantFrom('# ', '#', '\n', '\n\n', '\r\n', '```', '~~~', ' ', 'a', '😀', 'word '))
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(markdown, fc.integer({ min: 2, max: 30 }), (text, longest) => {
      const pieces = cutText(text, longest);
      assert.equal(pieces.join(''), text);
      for (const piece of pieces) {
        assert.ok(piece.length <= longest);
        assert.ok(piece.isWellFormed());
        assert.ok(piece !== '' || text === '');
      }
    }),
  );
});
