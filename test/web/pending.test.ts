import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeSet, Text } from '@codemirror/state';
import * as fc from 'fast-check';
import { Pending } from '#web/live/pending.ts';

const replace = (length: number, from: number, deleted: number, insert: string) =>
  ChangeSet.of({ from, to: from + deleted, insert }, length);

test('what was typed is pending until it is acknowledged, and no longer', () => {
  const pending = new Pending();
  assert.equal(pending.changes, undefined);
  pending.typed(replace(10, 5, 0, 'ab'));
  pending.sent(0);
  pending.typed(replace(12, 7, 0, 'c'));
  // Behind `abc`, where everybody else has the fifth character.
  assert.equal(pending.below(8), 5);
  assert.equal(pending.above(6), 9);
  pending.acknowledged(0);
  assert.equal(pending.below(8), 7);
  pending.sent(1);
  pending.sent(2);
  pending.acknowledged(2);
  assert.equal(pending.changes, undefined);
});

test('text of others in front of what is pending moves it', () => {
  const pending = new Pending();
  pending.typed(replace(10, 5, 0, 'ab'));
  pending.heard(replace(12, 0, 0, 'xyz'));
  assert.equal(pending.below(10), 8);
  pending.changes?.iterChanges((from, to, _fromB, _toB, text) =>
    assert.deepEqual([from, to, text.toString()], [8, 8, 'ab']),
  );
});

test('whoever deletes what is pending leaves nothing of it', () => {
  const pending = new Pending();
  pending.typed(replace(10, 5, 0, 'ab'));
  pending.sent(0);
  pending.typed(replace(12, 7, 0, 'c'));
  pending.heard(replace(13, 4, 3, ''));
  assert.equal(pending.changes, undefined);
});

/** Somebody types, sends, hears of others and of acknowledgements, in any order. */
const step = fc.record({
  kind: fc.constantFrom('typed', 'heard', 'sent', 'acknowledged'),
  at: fc.nat(1_000),
  deleted: fc.nat(3),
  text: fc.stringMatching(/^[a-z]{0,4}$/),
});

test('pending changes always lead from what everybody has to what is shown', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const pending = new Pending();
      let shown = Text.of(['0123456789'.repeat(4)]);
      let sent = 0;
      for (const { kind, at, deleted, text } of steps) {
        if (kind === 'sent') pending.sent(sent++);
        else if (kind === 'acknowledged') pending.acknowledged(sent - 1 - (at % 3));
        else {
          const from = at % (shown.length + 1);
          const count = Math.min(deleted, shown.length - from);
          // Nobody else can change what is not there for them yet.
          if (kind === 'heard' && isPending(pending, from, from + count)) continue;
          const changes = replace(shown.length, from, count, text);
          pending[kind](changes);
          shown = changes.apply(shown);
        }
        const { changes } = pending;
        if (changes === undefined) continue;
        assert.equal(changes.newLength, shown.length);
        changes.iterChanges((_fromA, _toA, from, to, inserted) =>
          assert.equal(shown.sliceString(from, to), inserted.toString()),
        );
      }
    }),
  );
});

function isPending(pending: Pending, from: number, to: number): boolean {
  let touches = false;
  pending.changes?.iterChangedRanges((_fromA, _toA, fromB, toB) => {
    touches ||= fromB <= to && toB >= from;
  });
  return touches;
}
