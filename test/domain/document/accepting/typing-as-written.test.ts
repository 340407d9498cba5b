import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import * as Automerge from '@automerge/automerge';
import { inspected } from '#domain/document/accepting/inspected.ts';
import { isTypingAsWritten } from '#domain/document/accepting/typing-as-written.ts';
import { seededRandom } from '#test/support/random.ts';

const SEED = Number(process.env['SEED'] ?? 20_261_125);

type Texts = { t: string; u: string };

/** What two people type and delete in two texts, each with and without the other's last words. */
function typing(random: ReturnType<typeof seededRandom>, rounds: number): Uint8Array[] {
  let ada = Automerge.from<Texts>({ t: 'Some words.', u: 'others' }, { actor: 'a1'.repeat(16) });
  let bob = Automerge.clone(ada, { actor: 'b2'.repeat(16) });
  const type = (document: Automerge.Doc<Texts>) => {
    const at = random.below(document.t.length + 1);
    const deleted = random.below(3) === 0 ? Math.min(8, document.t.length - at) : 0;
    const inserted = 'a wörd 漢😀 '.slice(0, random.below(9)).toWellFormed();
    return Automerge.change(document, { time: random.below(2) * 1_764_000_000 }, (draft) => {
      Automerge.splice(draft, ['t'], at, deleted, deleted > 0 ? inserted : `x${inserted}`);
      if (random.below(4) === 0) Automerge.splice(draft, ['u'], 0, 1, 'aa');
    });
  };
  const changes: Uint8Array[] = [];
  for (let round = 0; round < rounds; round++) {
    [ada, bob] = [type(ada), type(bob)];
    changes.push(Automerge.getLastLocalChange(ada)!, Automerge.getLastLocalChange(bob)!);
    if (random.below(3) === 0) [ada, bob] = [Automerge.merge(ada, bob), Automerge.merge(bob, ada)];
  }
  return changes;
}

const hashOf = (bytes: Uint8Array) => hash('sha256', bytes.subarray(8), 'hex');
const isTyping = (bytes: Uint8Array) => isTypingAsWritten(inspected(bytes, hashOf(bytes)));

test('what people type is recognised by its bytes', () => {
  for (const change of typing(seededRandom(SEED), 500)) assert.ok(isTyping(change));
});

test('a title, a section and a number are no typing', () => {
  let document = Automerge.from<Record<string, unknown>>(
    { title: 'A' },
    { actor: 'a1'.repeat(16) },
  );
  const changes: Uint8Array[] = [Automerge.getLastLocalChange(document)!];
  for (const value of ['B', { text: 'c' }]) {
    document = Automerge.change(document, (draft) => (draft['title'] = value));
    changes.push(Automerge.getLastLocalChange(document)!);
  }
  for (const change of changes) assert.ok(!isSomeTyping(change));
});

test('whatever is altered, typing is only what Automerge writes again byte by byte', (t) => {
  const random = seededRandom(SEED + 1);
  const changes = typing(random, 100);
  let recognised = 0;
  for (let run = 0; run < 60_000; run++) {
    const altered = Buffer.from(changes[random.below(changes.length)]!);
    for (let count = 1 + random.below(2); count > 0; count--) {
      altered[8 + random.below(altered.length - 8)] = random.below(256);
    }
    Buffer.from(hashOf(altered), 'hex').copy(altered, 4, 0, 4);
    if (!isSomeTyping(altered)) continue;
    recognised++;
    const again = Automerge.encodeChange(Automerge.decodeChange(altered));
    assert.deepEqual(Buffer.from(again), altered, `SEED=${SEED}, run ${run}`);
  }
  t.diagnostic(`${recognised} of 60000 are still somebody's typing`);
  assert.ok(recognised > 1_000);
});

function isSomeTyping(bytes: Uint8Array): boolean {
  try {
    return isTyping(bytes);
  } catch {
    // Not even a change.
    return false;
  }
}

test('columns in another order are no typing, where their bytes are the same', () => {
  let document = Automerge.from<Texts>({ t: 'Some words.', u: '' }, { actor: 'a1'.repeat(16) });
  document = Automerge.change(document, (draft) => Automerge.splice(draft, ['t'], 2, 3, ''));
  const change = Automerge.getLastLocalChange(document)!;
  assert.ok(isTyping(change));
  // Which element and what it replaces: both name the same element.
  const [keyActor, predActor] = [17, 113].map((id) => placeOf(change, id));
  const swapped = Uint8Array.from(change);
  [swapped[keyActor!], swapped[predActor!]] = [113, 17];
  assert.ok(!isSomeTyping(swapped));
});

/** Where the list of columns says this id. */
function placeOf(change: Uint8Array, id: number): number {
  const { layout } = inspected(change, hashOf(change)).chunk;
  const [first, length] = [...layout][0]!;
  const ids = [...layout.keys()];
  const list = change.findIndex(
    (byte, at) =>
      byte === first &&
      change[at + 1] === length &&
      ids.every((one, index) => change[at + 2 * index] === one),
  );
  assert.ok(list > 0);
  return list + 2 * ids.indexOf(id);
}
