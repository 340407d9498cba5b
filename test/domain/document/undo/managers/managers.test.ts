import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureManagers } from './measure-managers.ts';

test('on the same scripts Palimpsest keeps to the rule of undo, and Y.UndoManager does not', () => {
  const [palimpsest, yjs] = measureManagers(300, 1);
  assert.deepEqual([palimpsest?.afterUndo, palimpsest?.other], [0, 0]);
  assert.ok(palimpsest!.undos >= 300);
  assert.ok(yjs!.afterUndo > 0, 'else the scripts or the rule would say nothing');
});
