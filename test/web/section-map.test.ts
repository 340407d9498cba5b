import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeSet, Text } from '@codemirror/state';
import * as fc from 'fast-check';
import { changesBetween, changesOf } from '#web/editor/text-changes.ts';
import { SectionMap } from '#web/live/section-map.ts';

const map = SectionMap.of([
  { id: 'a', text: '0123' },
  { id: 'empty', text: '' },
  { id: 'b', text: '4567' },
]);

test('text at a boundary belongs to the section in front of it', () => {
  assert.deepEqual(map.placeOf(4), { section: 'a', at: 4 });
  assert.deepEqual(map.placeOf(4, 'right'), { section: 'b', at: 0 });
  assert.deepEqual(map.splicesOf(4, 0, 'x'), [{ section: 'a', at: 4, deleted: 0, inserted: 'x' }]);
  assert.equal(map.placeOf(8)?.section, 'b');
  assert.equal(SectionMap.of([]).placeOf(0), undefined);
});

test('what is deleted over a boundary is deleted in each section', () => {
  assert.deepEqual(map.splicesOf(3, 3, 'x'), [
    { section: 'a', at: 3, deleted: 1, inserted: 'x' },
    { section: 'b', at: 0, deleted: 2, inserted: '' },
  ]);
});

test('an edit of the Markdown, done in the sections and told back, is the same edit', () => {
  const texts = fc.array(fc.stringMatching(/^[a-z\n]{0,6}$/), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      texts,
      fc.nat(40),
      fc.nat(10),
      fc.string({ maxLength: 4 }),
      (texts, at, count, text) => {
        const sections = texts.map((text, index) => ({ id: `s${index}`, text }));
        const before = texts.join('');
        const from = at % (before.length + 1);
        const deleted = Math.min(count, before.length - from);
        const expected = before.slice(0, from) + text + before.slice(from + deleted);
        const map = SectionMap.of(sections);
        const splices = map.splicesOf(from, deleted, text);
        const done = changesOf(splices, map, before.length);
        assert.equal(applied(before, done.changes), expected);
        for (const { section, at, deleted, inserted } of splices) {
          const one = sections.find(({ id }) => id === section)!;
          one.text = one.text.slice(0, at) + inserted + one.text.slice(at + deleted);
        }
        assert.equal(sections.map(({ text }) => text).join(''), expected);
        assert.deepEqual(done.map, SectionMap.of(sections));
      },
    ),
  );
});

test('a text becomes another one by changes that leave what is the same alone', () => {
  const word = fc.constantFrom('one', 'two', ' ', '\n', '# ', 'three');
  const text = fc.array(word, { maxLength: 30 }).map((words) => words.join(''));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const changes = ChangeSet.of([...changesBetween(before, after)], before.length, '\n');
      assert.equal(applied(before, changes), after);
    }),
  );
  assert.deepEqual(changesBetween('same', 'same'), []);
  const moved = ChangeSet.of([...changesBetween('a b c d', 'x b c y')], 7);
  assert.equal(moved.mapPos(4), 4, 'a cursor in the middle stays where it is');
});

const applied = (text: string, changes: ChangeSet): string =>
  changes.apply(Text.of(text.split('\n'))).toString();
