import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Automerge from '@automerge/automerge';
import { NONE } from '#domain/document/undo/columns.ts';
import { type SavedDocument, savedDocument } from '#domain/document/undo/saved-document.ts';
import { objectOf, opId, valueAt } from '#domain/document/undo/saved-rows.ts';
import { settled } from '#domain/document/live-content.ts';
import { type WrittenDocument, bob, written } from '#test/support/document.ts';
import { seededRandom } from '#test/support/random.ts';

/** The same, told by Automerge's own decoder of single changes. */
function toldByChanges(changes: readonly Uint8Array[]) {
  const rows = new Map<string, { object: string; key: string; value: unknown }>();
  const successors = new Set<string>();
  for (const change of changes) {
    const { actor, startOp, ops } = Automerge.decodeChange(change);
    ops.forEach((op, index) => {
      const id = `${startOp + index}@${actor}`;
      const { key, elemId, value } = op as { key?: string; elemId?: string; value?: unknown };
      for (const before of op.pred ?? []) successors.add(`${before} by ${id}`);
      if (op.action !== 'del') rows.set(id, { object: op.obj, key: key ?? elemId ?? '', value });
    });
  }
  return { rows, successors };
}

function toldBySaved(saved: SavedDocument) {
  const { actors, ops, successors: told } = saved;
  const keys = ops.behind(Array.from({ length: ops.count }, (_, row) => row));
  const rows = new Map<string, { object: string; key: string; value: unknown }>();
  const successors = new Set<string>();
  for (let row = 0; row < ops.count; row++) {
    const behind =
      keys.actors[row] === NONE ? '_head' : `${keys.counters[row]}@${actors[keys.actors[row]!]}`;
    const key = ops.keyText.get(row) ?? behind;
    rows.set(opId(saved, row), { object: objectOf(saved, row), key, value: valueAt(saved, row) });
    for (let at = told.start[row]!; at < told.start[row + 1]!; at++) {
      const by = `${told.counter[at]}@${actors[told.actor[at]!]}`;
      successors.add(`${opId(saved, row)} by ${by}`);
    }
  }
  return { rows, successors };
}

function someDocument(seed: number): WrittenDocument {
  const random = seededRandom(seed);
  const document = written('one 😀 two\n# Three\n', 'Täst');
  for (let left = 40; left > 0; left--) {
    const { length } = document.markdown;
    const at = random.below(length + 1);
    const who = random.below(2) === 0 ? { edits: [], who: bob } : {};
    try {
      const edits =
        random.below(3) > 0
          ? ([{ type: 'insertText', at, text: ['x', 'yy', 'ß漢😀'][random.below(3)]! }] as const)
          : ([{ type: 'deleteText', at, count: 1 + random.below(4) }] as const);
      document.do({ type: 'EditDocument', edits }, 'who' in who ? who.who : undefined);
      if (random.below(8) === 0) {
        const section = document.section(0);
        document.edit({ type: 'splitSection', section, at: random.below(5) });
      }
      if (random.below(8) === 0) document.edit({ type: 'setTitle', title: `t${left}` });
    } catch {
      // Inside a character, or beyond the end: nothing was written.
    }
  }
  return document;
}

test('the saved bytes tell every operation and what overwrote it, as the changes themselves do', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const document = someDocument(seed);
    const saved = savedDocument(settled(document.living.content).replica);
    assert.deepEqual(toldBySaved(saved), toldByChanges(document.changes));
  }
});

test('the saved bytes tell each change with its actor, its place and its last operation', () => {
  const document = someDocument(7);
  const { actors, changes } = savedDocument(settled(document.living.content).replica);
  const told = Array.from({ length: changes.count }, (_, change) => [
    actors[changes.actor[change]!],
    changes.seq[change],
    changes.maxOp[change],
  ]);
  const expected = document.changes.map((change) => {
    const { actor, seq, startOp, ops } = Automerge.decodeChange(change);
    return [actor, seq, startOp + ops.length - 1];
  });
  const byText = (one: unknown, other: unknown) => String(one).localeCompare(String(other));
  assert.deepEqual(told.toSorted(byText), expected.toSorted(byText));
});

test('the characters of a text stand in their order, the deleted ones in between', () => {
  const document = written('abcde');
  document.edit({ type: 'deleteText', at: 1, count: 2 });
  document.edit({ type: 'insertText', at: 1, text: 'X' });
  const saved = savedDocument(settled(document.living.content).replica);
  const text = Array.from(saved.ops.isInsert, (isInsert, row) =>
    isInsert ? valueAt(saved, row) : '',
  );
  assert.equal(text.join(''), 'aXbcde');
});
