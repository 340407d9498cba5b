import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { DocumentEvent } from '#domain/document/events.ts';
import { conflictsIn } from '#test/support/conflicts.ts';
import { ada, bob, written } from '#test/support/document.ts';
import { ForeignWriter } from '#test/support/foreign-writer.ts';

const WORD = 'word ';

/** Two who each type so many changes without the other, all at `at` of a text of 200 words. */
function bothAway(count: number, at: (index: number) => number): readonly DocumentEvent[] {
  const document = written(WORD.repeat(200));
  const section = document.section(0);
  const writers = ['ada', 'bob'].map((name) => {
    const writer = new ForeignWriter(Buffer.from(name.padEnd(16, '.')).toString('hex'));
    writer.take(document.changes);
    return writer;
  });
  const group = randomUUID();
  [ada, bob].forEach((who, index) => {
    const writer = writers[index]!;
    for (let left = count; left > 0; left--) {
      const change = writer.splice(section, at(count - left), 0, left % 5 === 0 ? ' ' : 'x');
      const { actor } = change.chunk;
      document.do({ type: 'AcceptChanges', actor, changes: [change], group }, who);
    }
  });
  return document.events;
}

const places = {
  'at one place': () => 10,
  'one behind the other': (index: number) => 10 + index,
  'all over the text': (index: number) => (index * 37) % 900,
};

for (const [where, at] of Object.entries(places)) {
  test(`two who were away for long and typed ${where} are told of a bounded number of edits`, (t) => {
    for (const count of [250, 500, 1_000]) {
      const events = bothAway(count, at);
      const started = performance.now();
      const told = [...conflictsIn(events, 500).values()].flat();
      t.diagnostic(`${count} changes each: ${(performance.now() - started).toFixed(0)} ms`);
      assert.ok(told.length > 0);
      assert.ok(told.every((conflict) => conflict.with.length <= 20));
      const longest = Math.max(...told.map(({ words }) => words?.theirs.length ?? 0));
      assert.ok(longest <= 500, `words are cut off: ${longest}`);
    }
  });
}
