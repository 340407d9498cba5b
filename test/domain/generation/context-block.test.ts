import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { contextBlock, passagesIn, withoutPassages } from '#domain/generation/context-block.ts';

test('passages come back from a prompt as they went in, and the rest is what was asked', () => {
  const passages = [
    { source: 'a.md', text: 'One.\n\nTwo.' },
    { source: 'b.md', text: 'Three' },
  ];
  const prompt = `${passages.map(contextBlock).join('\n')}\n\nWhat is three?`;
  assert.deepEqual(passagesIn(prompt), passages);
  assert.equal(withoutPassages(prompt), 'What is three?');
});

test('whatever a passage holds, it ends where the server ends it', () => {
  const piece = fc.constantFrom(
    '</passage>',
    '<passage source="',
    '">\n',
    '\n',
    '"',
    'text',
    '\\/',
  );
  const anyText = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(anyText, anyText, (source, text) => {
      const prompt = `${contextBlock({ source, text })}\n\nAsked.`;
      assert.equal(passagesIn(prompt).length, 1);
      assert.equal(passagesIn(prompt)[0]?.text, text);
      assert.equal(withoutPassages(prompt), 'Asked.');
    }),
    { numRuns: 2_000 },
  );
});

test('beginnings without an end are text, however many there are', () => {
  // Looking for the end of each anew would take minutes.
  const text = '<passage source="x">\n'.repeat(50_000);
  assert.deepEqual(passagesIn(text), []);
  assert.equal(withoutPassages(text), text.trim());
  const late = '<passage source="'.repeat(50_000);
  assert.equal(passagesIn(`${late}x">\ninner\n</passage>`).length, 1);
});
