import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { DocumentCommand } from '#domain/document/commands.ts';
import type { RestorePoint } from '#domain/document/content.ts';
import { restorePointOf } from '#domain/document/reading.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import { conflictsIn } from '#test/support/conflicts.ts';
import { type WrittenDocument, ada, bob, changesIn, written } from '#test/support/document.ts';
import { ForeignWriter } from '#test/support/foreign-writer.ts';
import { principal } from '#test/support/given.ts';
import { type Random, seededRandom } from '#test/support/random.ts';

const redo: DocumentCommand = { type: 'RedoGroup', scope: 'mine' };
const undo: DocumentCommand = { type: 'UndoGroup', scope: 'mine' };
const restore = (to: RestorePoint): DocumentCommand => ({
  type: 'RestoreDocument',
  to,
  revision: 1,
});

const people = [ada, bob, principal('eve', 'editor')];

function writerOf(document: WrittenDocument, name: string): ForeignWriter {
  const writer = new ForeignWriter(Buffer.from(name.padEnd(16, '.')).toString('hex'));
  writer.take(document.changes);
  return writer;
}

function send(document: WrittenDocument, change: ReturnType<ForeignWriter['splice']>, who = bob) {
  const { actor } = change.chunk;
  document.do({ type: 'AcceptChanges', actor, changes: [change], group: randomUUID() }, who);
}

/** What the newest edit is told. */
const told = ({ events }: WrittenDocument) =>
  conflictsIn(events).get(events.findLastIndex(({ type }) => type === 'ChangesApplied')) ?? [];

/** Both bring back what ada's newest edit changed. */
const ways = { undo: () => undo, restore };

for (const [name, back] of Object.entries(ways)) {
  test(`words that ${name} brought back as they were have met nothing`, () => {
    for (const becomes of ['', 'twain']) {
      const document = written('one two three\n');
      const [away, to] = [writerOf(document, 'bob'), restorePointOf(document.living)];
      document.edit({ type: 'replaceText', find: 'two', with: becomes });
      document.do(back(to));
      send(document, away.splice(document.section(0), 7, 0, 's'));
      assert.equal(document.markdown, 'one twos three\n');
      assert.deepEqual(told(document), []);
    }
  });

  test(`words that ${name} brought back where somebody typed meanwhile are told`, () => {
    const document = written('one two three\n');
    const to = restorePointOf(document.living);
    document.edit({ type: 'replaceText', find: 'two ', with: '' });
    const away = writerOf(document, 'bob');
    document.do(back(to));
    const met = document.revision;
    send(document, away.splice(document.section(0), 4, 0, '2 '));
    assert.equal(document.markdown, 'one 2 two three\n');
    const words = { before: '', mine: '2 ', theirs: 'two ' };
    assert.deepEqual(told(document), [
      { kind: 'words', section: document.section(0), with: [met], words },
    ]);
  });

  test(`a section that ${name} brought back is not told as gone`, () => {
    const document = written('one\n# Two\nabc\n');
    const [away, to] = [writerOf(document, 'bob'), restorePointOf(document.living)];
    const section = document.section(1);
    document.edit({ type: 'deleteSection', section });
    document.do(back(to));
    send(document, away.splice(section, 9, 0, 'd'));
    assert.equal(document.markdown, 'one\n# Two\nabcd\n');
    assert.deepEqual(told(document), []);
  });
}

test('a deletion that was undone and done again is told', () => {
  const document = written('one two three\n');
  const away = writerOf(document, 'bob');
  document.edit({ type: 'replaceText', find: 'two ', with: '' });
  document.do(undo);
  document.do(redo);
  send(document, away.splice(document.section(0), 7, 0, 's'));
  assert.deepEqual(
    told(document).map(({ kind, words }) => [kind, words?.mine, words?.theirs]),
    [['deleted', 'twos ', '']],
  );
});

test('a move and a title that were undone have met nothing', () => {
  const document = written('one\n# Two\nabc\n');
  const away = writerOf(document, 'bob');
  const section = document.section(1);
  document.edit({ type: 'moveSection', section, after: null }, { type: 'setTitle', title: 'Hers' });
  document.do(undo);
  send(document, away.splice(section, 9, 0, 'd'));
  assert.deepEqual(told(document), []);
  send(document, away.rename('His'));
  assert.deepEqual(told(document), []);
});

const RUNS = 60;

/** The server's own answer to what cannot be done just now; anything else is an error. */
function attempt(document: WrittenDocument, who: Principal, command: DocumentCommand): void {
  try {
    document.do(command, who);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
  }
}

/** People who write away from each other, undo, cut, and restore what there once was. */
function someStory(seed: number): WrittenDocument {
  const random = seededRandom(seed);
  const document = written('one two\nthree four\n# Five\nsix seven\n');
  const points = [restorePointOf(document.living)];
  const section = document.section(0);
  const writers = people.map((_, index) => writerOf(document, `client ${index}`));
  for (let left = 25; left > 0; left--) {
    const who = random.below(people.length);
    const [person, writer] = [people[who]!, writers[who]!];
    const dice = random.below(12);
    if (dice === 0) writer.take(document.changes);
    else if (dice === 1) points.push(restorePointOf(document.living));
    else if (dice === 2) attempt(document, person, restore(points[random.below(points.length)]!));
    else if (dice === 3) attempt(document, person, { type: 'UndoGroup', scope: 'document' });
    else if (dice === 4) attempt(document, person, { type: 'RedoGroup', scope: 'document' });
    else if (dice === 5) attempt(document, person, cutOrDelete(document, random));
    else send(document, typing(writer, section, random), person);
  }
  return document;
}

function typing(writer: ForeignWriter, section: string, random: Random) {
  const length = writer.lengthOf(section)!;
  const at = random.below(length + 1);
  const deleted = Math.min(random.below(5), length - at);
  return writer.splice(
    section,
    at,
    deleted,
    deleted > 2 ? '' : ['x', ' ', 'yy z'][random.below(3)],
  );
}

function cutOrDelete(document: WrittenDocument, random: Random): DocumentCommand {
  const texts = document.texts;
  if (texts.length === 0) return undo;
  const index = random.below(texts.length);
  const section = document.section(index);
  const cutAt = texts[index]!.indexOf('\n') + 1;
  const isCut = cutAt > 0 && cutAt < texts[index]!.length;
  return {
    type: 'EditDocument',
    edits: [
      isCut ? { type: 'splitSection', section, at: cutAt } : { type: 'deleteSection', section },
    ],
  };
}

test('whatever comes back while others write, conflicts are told, and the same ones in one go', () => {
  let met = 0;
  let restored = 0;
  for (let seed = 1; seed <= RUNS; seed++) {
    const { events } = someStory(seed);
    const told = conflictsIn(events);
    assert.deepEqual(conflictsIn(events, 7), told, `seed ${seed}`);
    met += told.size;
    restored += changesIn(events).filter(({ revived = [] }) => revived.length > 0).length;
  }
  assert.ok(met > 100, `there were conflicts: ${met}`);
  assert.ok(restored > 20, `characters came back: ${restored}`);
});
