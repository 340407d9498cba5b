import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import * as Automerge from '@automerge/automerge';
import { MalformedChange } from '#domain/document/accepting/change-chunk.ts';
import { changeInspector } from '#infra/automerge/change-inspector.ts';
import { systemClock } from '#infra/system/clock.ts';
import type { InspectedChange } from '#domain/document/accepting/inspected.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import { type WrittenDocument, bob, replayed, written } from '#test/support/document.ts';
import { ForeignWriter, forged, inspectedNow } from '#test/support/foreign-writer.ts';
import { markdownOf } from '#domain/document/reading.ts';
import { type Random, seededRandom } from '#test/support/random.ts';

const GROUP = '5f0f6b5e-4f5c-4d5e-8f0a-1c1c1c1c1c1c';
const actorOf = (name: string) => Buffer.from(name.padEnd(16, '.')).toString('hex');

/** A client of ada's that has everything that happened so far. */
function writerOf(document: WrittenDocument, name = 'ada'): ForeignWriter {
  const writer = new ForeignWriter(actorOf(name));
  writer.take(document.changes);
  return writer;
}

const accept = (changes: readonly InspectedChange[], actor = actorOf('ada'), group = GROUP) =>
  ({ type: 'AcceptChanges', actor, changes, group }) as const;

function isRejected(document: WrittenDocument, change: InspectedChange, code: RejectionCode): void {
  const before = document.markdown;
  assert.throws(
    () => document.do(accept([change], change.chunk.actor)),
    (error) => error instanceof Rejected && error.code === code,
    code,
  );
  assert.equal(document.markdown, before);
}

test('what a live client typed is part of the document, and of a replay', () => {
  const document = written('Hello world');
  const writer = writerOf(document);
  const section = document.section(0);
  const [applied] = document.do(
    accept([writer.splice(section, 5, 0, ', dear'), writer.rename('A')]),
  );
  assert.equal(document.markdown, 'Hello, dear world');
  assert.equal(writer.text, document.markdown);
  assert.equal(markdownOf(replayed(document.events)), document.markdown);
  assert.ok(applied?.type === 'ChangesApplied');
  assert.deepEqual(applied.data.size, { inserted: 6, deleted: 0 });
  assert.equal(applied.data.title, 'A');
  assert.equal(applied.data.group, GROUP);
});

test('a change that is sent again is taken once', () => {
  const document = written('Hello');
  const writer = writerOf(document);
  const change = writer.splice(document.section(0), 5, 0, '!');
  document.do(accept([change]));
  assert.deepEqual(document.decide(accept([change])), []);
  const next = writer.splice(document.section(0), 6, 0, '?');
  document.do(accept([change, next]));
  assert.equal(document.markdown, 'Hello!?');
});

test('an actor’s changes come one after the other, and each once', () => {
  const document = written('Hello');
  const [one, other] = [writerOf(document), writerOf(document)];
  const section = document.section(0);
  const first = one.splice(section, 0, 0, 'a');
  const second = one.splice(section, 1, 0, 'b');
  isRejected(document, second, 'change/sequence-gap');
  document.do(accept([first]));
  isRejected(document, other.splice(section, 0, 0, 'z'), 'change/sequence-taken');
});

test('somebody else’s actor writes nothing', () => {
  const document = written('Hello');
  const change = writerOf(document, 'bob').splice(document.section(0), 0, 0, 'x');
  assert.throws(() => document.do(accept([change])), { code: 'change/wrong-actor' });
});

test('what a change names must be there', () => {
  const document = written('Hello');
  const writer = writerOf(document);
  const actor = actorOf('eve');
  const obj = writer.textObject(document.section(0));
  const author = obj.split('@')[1] ?? '';
  const from = { actor, seq: 1, startOp: 12, deps: writer.heads };
  const insert = { action: 'set', obj, insert: true, value: 'x', pred: [] };
  const nowhere = `99@${author}`;
  const cases: [RejectionCode, object][] = [
    ['change/unknown-reference', { ...insert, elemId: nowhere }],
    ['change/unknown-reference', { ...insert, elemId: `3@${actorOf('nobody')}` }],
    ['change/unknown-reference', { action: 'del', obj, elemId: nowhere, pred: [nowhere] }],
    ['change/not-allowed', { ...insert, obj: nowhere, elemId: '_head' }],
    ['change/not-allowed', { ...insert, obj: '_root', elemId: '_head' }],
    [
      'change/unknown-reference',
      { action: 'set', obj: '_root', key: 'title', value: 'x', pred: [nowhere] },
    ],
  ];
  for (const [code, operation] of cases) {
    isRejected(document, inspectedNow(forged({ ...from, ops: [operation] })), code);
  }
});

test('a change types, deletes and renames, and does nothing else', () => {
  const document = written('Hello');
  const writer = writerOf(document);
  const obj = writer.textObject(document.section(0));
  const from = { actor: actorOf('eve'), seq: 1, startOp: 12, deps: writer.heads };
  const insert = { action: 'set', obj, elemId: '_head', insert: true, value: 'x', pred: [] };
  const cases: [RejectionCode, Parameters<typeof forged>[0]][] = [
    ['change/not-allowed', { ...from, ops: [{ ...insert, value: 'two' }] }],
    ['change/not-allowed', { ...from, ops: [{ ...insert, value: '\u0000' }] }],
    ['change/not-allowed', { ...from, ops: [{ ...insert, value: '' }] }],
    ['change/not-allowed', { ...from, startOp: 2, ops: [insert] }],
    ['change/not-allowed', { ...from, startOp: 1_000_000, ops: [insert] }],
    ['change/not-allowed', { ...from, ops: [] }],
    [
      'change/not-allowed',
      { ...from, ops: [{ action: 'set', obj: '_root', key: 'other', value: 'x', pred: [] }] },
    ],
    [
      'change/not-allowed',
      { ...from, ops: [{ action: 'set', obj, key: 'order', value: 'a', pred: [] }] },
    ],
    [
      'change/not-allowed',
      { ...from, ops: [{ action: 'makeMap', obj: '_root', key: 'x', pred: [] }] },
    ],
    ['change/unknown-dependency', { ...from, deps: ['ab'.repeat(32)], ops: [insert] }],
    ['change/from-the-future', { ...from, time: 4_000_000_000, ops: [insert] }],
  ];
  for (const [code, change] of cases) isRejected(document, inspectedNow(forged(change)), code);
  document.do(accept([inspectedNow(forged({ ...from, ops: [insert] }))], from.actor));
  assert.equal(document.markdown, 'xHello');
});

test('what cannot be read as a change is malformed', () => {
  const document = written('Hello');
  const writer = writerOf(document);
  const obj = writer.textObject(document.section(0));
  const from = { actor: actorOf('eve'), seq: 1, startOp: 12, deps: writer.heads };
  for (const operation of [
    { action: 'set', obj, elemId: '_head', insert: true, value: 7, datatype: 'int', pred: [] },
    { action: 'inc', obj: '_root', key: 'title', value: 1, pred: [] },
    { action: 'set', obj, elemId: '_head', value: 'x', pred: [] },
    { action: 'del', obj: '_root', key: 'title', pred: [] },
    { action: 'makeText', obj, elemId: '_head', insert: true, pred: [] },
  ]) {
    assert.throws(() => inspectedNow(forged({ ...from, ops: [operation] })), {
      name: 'MalformedChange',
    });
  }
});

test('a change without a right to it is refused, and so is one to an archived document', () => {
  const document = written('Hello');
  const change = writerOf(document).splice(document.section(0), 0, 0, 'x');
  const viewer = { ...bob, roles: ['auditor'] as const };
  assert.throws(() => document.do(accept([change]), viewer), { code: 'right/missing' });
  document.do({ type: 'ArchiveDocument' });
  isRejected(document, change, 'document/archived');
});

test('what was typed into text that moved meanwhile is where the text is', () => {
  const document = written('one two three');
  const writer = writerOf(document);
  const section = document.section(0);
  document.edit({ type: 'splitSection', section, at: 4 });
  const typed = writer.splice(section, 8, 0, '2');
  const removed = writer.splice(section, 9, 5);
  const events = document.do(accept([typed, removed]));
  assert.deepEqual(
    events.map(({ type }) => type),
    ['ChangesApplied', 'ChangesReconciled'],
  );
  assert.equal(document.markdown, 'one two 2');
  writer.take(document.changes);
  assert.equal(writer.text, document.markdown);
  assert.equal(markdownOf(replayed(document.events)), document.markdown);
});

test('who has seen the cut is followed by nothing', () => {
  const document = written('one two three');
  const section = document.section(0);
  document.edit({ type: 'splitSection', section, at: 4 });
  const writer = writerOf(document);
  const events = document.do(accept([writer.splice(document.section(1), 0, 0, '2')]));
  assert.equal(events.length, 1);
  const next = document.do(accept([writer.splice(document.section(1), 0, 0, '1')]));
  assert.equal(next.length, 1);
});

test('a section that grew by typing is cut in a pause, and typing goes on', () => {
  const document = written('# Long\n');
  const writer = writerOf(document);
  const section = document.section(0);
  for (let at = 0; at < 4; at++) {
    document.do(accept([writer.splice(section, 7, 0, 'A line of some words.\n'.repeat(200))]));
  }
  assert.equal(document.texts.length, 1);
  document.do({ type: 'CutGrownSections' });
  assert.ok(document.texts.length > 1);
  assert.deepEqual(document.decide({ type: 'CutGrownSections' }), []);
  document.do(accept([writer.splice(section, 7, 0, 'More. ')]));
  writer.take(document.changes);
  assert.equal(writer.text, document.markdown);
});

test('a cut that moves more than a client may write at once is followed like any other', () => {
  const document = written('x');
  const writer = writerOf(document);
  const section = document.section(0);
  for (let at = 0; at < 8; at++) {
    document.do(accept([writer.splice(section, 0, 0, 'A line of some words.\n'.repeat(120))]));
  }
  const end = document.markdown.length;
  const unseen = writer.splice(section, end, 0, ' The end.');
  document.do({ type: 'CutGrownSections' });
  assert.ok(document.texts.length > 1);
  const expected = `${document.markdown} The end.`;
  document.do(accept([unseen]));
  assert.equal(document.markdown, expected);
  // Its new sections are known to be there.
  writer.take(document.changes);
  document.do(accept([writer.splice(document.section(-1), 0, 0, 'On: ')]));
  assert.equal(document.texts.at(-1)?.slice(0, 4), 'On: ');
});

test('typing ends where a section may not grow any more', () => {
  const document = written('x');
  const writer = writerOf(document);
  const section = document.section(0);
  for (let at = 0; at < 6; at++) {
    document.do(accept([writer.splice(section, 0, 0, 'word '.repeat(2_100))]));
  }
  isRejected(document, writer.splice(section, 0, 0, 'word '.repeat(2_100)), 'section/too-long');
});

type Person = { readonly writer: ForeignWriter; readonly unsent: InspectedChange[]; known: number };

test('random typing of three people, known late and in any order, reads the same everywhere', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const random = seededRandom(seed);
    const document = written('# One\nSome text to begin with.\n# Two\nAnd some more of it.\n');
    const people = ['ada', 'bob', 'eve'].map((name): Person => {
      return { writer: writerOf(document, name), unsent: [], known: document.changes.length };
    });
    for (let step = 0; step < 120; step++) {
      const person = people[random.below(people.length)]!;
      const dice = random.below(10);
      if (dice < 6) type(document, person, random);
      else if (dice < 8) exchange(document, person);
      else editOnServer(document, random);
    }
    for (const person of people) exchange(document, person);
    for (const person of people) {
      exchange(document, person);
      assert.equal(person.writer.text, document.markdown, `seed ${seed}`);
    }
    assert.equal(markdownOf(replayed(document.events)), document.markdown, `seed ${seed}`);
  }
});

/** Somewhere in a section that the person has heard of. */
function type(document: WrittenDocument, { writer, unsent }: Person, random: Random): void {
  const section = document.section(random.below(document.texts.length));
  const length = writer.lengthOf(section);
  if (length === undefined) return;
  const at = random.below(length + 1);
  const count = random.below(3) === 0 ? Math.min(5, length - at) : 0;
  unsent.push(writer.splice(section, at, count, count > 0 ? '' : `w${at} `));
}

/** Sends what was typed, if it is anything, and hears of everything else. */
function exchange(document: WrittenDocument, person: Person): void {
  document.do(accept(person.unsent.splice(0), person.writer.actor));
  person.writer.take(document.changes.slice(person.known));
  person.known = document.changes.length;
}

function editOnServer(document: WrittenDocument, random: Random): void {
  const at = random.below((document.texts[0]?.length ?? 0) + 1);
  if (random.below(2) === 0) document.edit({ type: 'insertText', at, text: '§' });
  else document.edit({ type: 'splitSection', section: document.section(0), at });
}

test('a change with any byte altered and a checksum that fits is refused, or does no harm', async (t) => {
  const inspector = changeInspector({ clock: systemClock });
  t.after(() => inspector.close());
  const document = written('Hello, # world\n');
  const writer = writerOf(document);
  const sound = writer.splice(document.section(0), 5, 3, 'ä 漢 𝒳').bytes;
  const random = seededRandom(7);
  const outcomes = { malformed: 0, refused: 0, harmless: 0 };
  for (let run = 0; run < 20_000; run++) {
    const altered = withChecksum(alter(sound, random));
    try {
      const [change] = await inspector.inspect([altered]);
      assert.ok(change);
      document.decide(accept([change], change.chunk.actor));
      const replica = Automerge.load(Automerge.save(readAll(document.changes, altered)));
      assert.ok(Automerge.getHeads(replica).length > 0);
      outcomes.harmless += 1;
    } catch (error) {
      if (error instanceof Rejected) outcomes.refused += 1;
      else if (error instanceof MalformedChange) outcomes.malformed += 1;
      else throw error;
    }
  }
  t.diagnostic(JSON.stringify(outcomes));
  assert.ok(Object.values(outcomes).every((count) => count > 100));
});

const readAll = (...changes: (Uint8Array | Uint8Array[])[]) =>
  Automerge.applyChanges(Automerge.init(), changes.flat())[0];

/** One to three bytes are others, behind the type of the chunk and its length. */
function alter(sound: Uint8Array, random: Random): Uint8Array {
  const altered = sound.slice();
  for (let left = 1 + random.below(3); left > 0; left--) {
    altered[10 + random.below(altered.length - 10)] = random.below(256);
  }
  return altered;
}

function withChecksum(change: Uint8Array): Uint8Array {
  change.set(createHash('sha256').update(change.subarray(8)).digest().subarray(0, 4), 4);
  return change;
}
