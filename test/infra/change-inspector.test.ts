import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import * as Automerge from '@automerge/automerge';
import { changeInspector } from '#infra/automerge/change-inspector.ts';
import { systemClock } from '#infra/system/clock.ts';
import { seededRandom } from '#test/support/random.ts';

function inspectorOf(t: TestContext) {
  const inspector = changeInspector({ clock: systemClock });
  t.after(() => inspector.close());
  return inspector.inspect;
}

/** Changes as an editor makes them, of `count` random edits. */
function realChanges(count: number, seed: number): Uint8Array[] {
  const random = seededRandom(seed);
  let document = Automerge.from({ text: 'Some words.' }, { actor: 'a1'.repeat(16) });
  return Array.from({ length: count }, () => {
    const at = random.below(document.text.length + 1);
    const deleted = random.below(4) === 0 ? Math.min(8, document.text.length - at) : 0;
    document = Automerge.change(document, { time: 0 }, (draft) =>
      Automerge.splice(draft, ['text'], at, deleted, deleted > 0 ? '' : 'ä word 漢 '),
    );
    return Automerge.getLastLocalChange(document) ?? assert.fail('no change');
  });
}

test('a change says who wrote what, upon which changes', async (t) => {
  const inspect = inspectorOf(t);
  const [first, second] = realChanges(2, 1);
  const read = await inspect([first!, second!]);
  const decoded = Automerge.decodeChange(second!);
  assert.equal(read[1]?.hash, decoded.hash);
  assert.deepEqual(read[1]?.chunk.deps, decoded.deps);
  assert.equal(read[1]?.chunk.seq, decoded.seq);
  assert.equal(read[1]?.operations.length, decoded.ops.length);
});

test('of a thousand real changes no 1-bit flip is a change', { timeout: 120_000 }, async (t) => {
  const inspect = inspectorOf(t);
  let flips = 0;
  for (const change of realChanges(1_000, 2)) {
    const flipped = change.slice();
    for (let bit = 0; bit < change.length * 8; bit++) {
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      // Refused before anything is asked of another thread, so that it need not be waited for.
      await assert.rejects(inspect([flipped]), { name: 'MalformedChange' });
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      flips += 1;
    }
  }
  t.diagnostic(`${flips} flips`);
  assert.ok(flips > 500_000);
});
