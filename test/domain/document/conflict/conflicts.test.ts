import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edit } from '#domain/document/edits.ts';
import { baseOf, titleOf } from '#domain/document/reading.ts';
import type { Principal } from '#domain/rights.ts';
import { type ToldConflict, conflictsIn } from '#test/support/conflicts.ts';
import { type WrittenDocument, ada, bob, replayed, written } from '#test/support/document.ts';
import { ForeignWriter } from '#test/support/foreign-writer.ts';
import { principal } from '#test/support/given.ts';

const eve = principal('eve', 'editor');
const actorOf = (name: string) => Buffer.from(name.padEnd(16, '.')).toString('hex');
type Change = ReturnType<ForeignWriter['splice']>;

/** A client that has everything that happened so far. */
function writerOf(document: WrittenDocument, name: string): ForeignWriter {
  const writer = new ForeignWriter(actorOf(name));
  writer.take(document.changes);
  return writer;
}

const send = (document: WrittenDocument, who: Principal, ...changes: Change[]) =>
  document.do(
    { type: 'AcceptChanges', actor: changes[0]!.chunk.actor, changes, group: crypto.randomUUID() },
    who,
  );

/** Edits of somebody who looked at this revision. */
const editAt = (document: WrittenDocument, who: Principal, revision: number, ...edits: Edit[]) =>
  document.do(
    {
      type: 'EditDocument',
      edits,
      base: baseOf(replayed(document.events.slice(0, revision + 1)), revision),
    },
    who,
  );

/** Of the newest change of somebody. */
const newest = (document: WrittenDocument): readonly ToldConflict[] =>
  [...conflictsIn(document.events).values()].at(-1) ?? [];
const kinds = (document: WrittenDocument): string[] => newest(document).map(({ kind }) => kind);

const turned = (words: ToldConflict['words']) =>
  words && { ...words, mine: words.theirs, theirs: words.mine };

/** Runs a story of two clients in both orders of arrival: what they are told must be the same. */
function inBothOrders(
  markdown: string,
  write: (one: ForeignWriter, other: ForeignWriter, section: string) => readonly [Change, Change],
): readonly { readonly kind: string; readonly words: ToldConflict['words'] | undefined }[] {
  const [told, reversed] = [false, true].map((isReversed) => {
    const document = written(markdown);
    const section = document.section(0);
    const [hers, his] = write(writerOf(document, 'ada'), writerOf(document, 'bob'), section);
    const arrivals = [() => send(document, ada, hers), () => send(document, bob, his)];
    for (const arrive of isReversed ? arrivals.toReversed() : arrivals) arrive();
    const conflicts = newest(document);
    for (const conflict of conflicts) assert.deepEqual(conflict.with, [document.revision - 1]);
    return conflicts.map(({ kind, words }) =>
      isReversed ? { kind, words: turned(words) } : { kind, words },
    );
  });
  assert.deepEqual(told, reversed);
  return told ?? [];
}

test('two who change one word are told so, with what each made of it', () => {
  const [conflict, ...others] = inBothOrders('one two three', (hers, his, section) => [
    hers.splice(section, 4, 3, 'twain'),
    his.splice(section, 6, 1, 'oo'),
  ]);
  assert.deepEqual(others, []);
  assert.equal(conflict?.kind, 'words');
  assert.deepEqual(conflict?.words, { before: 'two', mine: 'twoo', theirs: 'twain' });
});

test('two who type at one place are told so', () => {
  const [conflict, ...others] = inBothOrders('one two', (hers, his, section) => [
    hers.splice(section, 4, 0, 'big '),
    his.splice(section, 4, 0, 'small '),
  ]);
  assert.deepEqual(others, []);
  assert.deepEqual([conflict?.kind, conflict?.words?.before], ['words', '']);
});

test('different words are no conflict, nor is the same word deleted twice', () => {
  const different = inBothOrders('one two three', (hers, his, section) => [
    hers.splice(section, 0, 3, 'ONE'),
    his.splice(section, 8, 5, 'THREE'),
  ]);
  assert.deepEqual(different, []);
  const same = inBothOrders('one two three', (hers, his, section) => [
    hers.splice(section, 4, 3),
    his.splice(section, 4, 3),
  ]);
  assert.deepEqual(same, []);
});

test('a word that one deleted and the other wrote in is told as that', () => {
  const [conflict, ...others] = inBothOrders('one two three', (hers, his, section) => [
    hers.splice(section, 4, 3),
    his.splice(section, 7, 0, 's'),
  ]);
  assert.deepEqual(others, []);
  assert.equal(conflict?.kind, 'deleted');
  assert.deepEqual(conflict?.words, { before: 'two', mine: 'twos', theirs: '' });
});

test('two titles are told, and both can be read', () => {
  const [conflict, ...others] = inBothOrders('one', (hers, his) => [
    hers.rename('Hers'),
    his.rename('His'),
  ]);
  assert.deepEqual(others, []);
  assert.deepEqual(conflict?.kind, 'title');
  assert.deepEqual(conflict?.words, { before: 'Plan', mine: 'His', theirs: 'Hers' });
  const same = inBothOrders('one', (hers, his) => [hers.rename('Same'), his.rename('Same')]);
  assert.deepEqual(same, []);
});

test('who saw a change is not in conflict with it, nor with what its author had seen', () => {
  const document = written('one two three');
  const section = document.section(0);
  const [hers, his, third] = ['ada', 'bob', 'eve'].map((name) => writerOf(document, name));
  const first = hers!.splice(section, 4, 3, 'twain');
  his!.take([first.bytes]);
  const second = his!.splice(section, 4, 5, 'deux');
  third!.take([first.bytes, second.bytes]);
  const last = third!.splice(section, 4, 4, 'zwei');
  send(document, ada, first);
  send(document, bob, second);
  send(document, eve, last);
  assert.deepEqual(conflictsIn(document.events), new Map());
});

test('of three at once each later one is in conflict with all before it', () => {
  const document = written('one two three');
  const section = document.section(0);
  const changes = (['ada', 'bob', 'eve'] as const).map((name) =>
    writerOf(document, name).splice(section, 4, 3, name),
  );
  const begun = document.revision;
  [ada, bob, eve].forEach((who, index) => send(document, who, changes[index]!));
  const told = conflictsIn(document.events);
  assert.deepEqual(told.get(begun + 2)?.[0]?.with, [begun + 1]);
  assert.deepEqual(told.get(begun + 3)?.[0]?.with, [begun + 2, begun + 1]);
});

test('who was away is in conflict with what others did meanwhile, change by change', () => {
  const document = written('one two three');
  const section = document.section(0);
  const away = writerOf(document, 'bob');
  const offline = [away.splice(section, 0, 3, 'ONE'), away.splice(section, 4, 3, 'TWO')];
  document.edit({ type: 'replaceText', find: 'two', with: 'deux' });
  const meanwhile = document.revision;
  send(document, bob, offline[0]!);
  send(document, bob, offline[1]!);
  const told = conflictsIn(document.events);
  assert.deepEqual([...told.keys()], [meanwhile + 2]);
  assert.deepEqual(told.get(meanwhile + 2)?.[0]?.with, [meanwhile]);
});

test('one person on two devices is in conflict with themselves', () => {
  const document = written('one two three');
  const section = document.section(0);
  const [desk, phone] = [writerOf(document, 'desk'), writerOf(document, 'phone')];
  send(document, ada, desk.splice(section, 4, 3, 'deux'));
  send(document, ada, phone.splice(section, 4, 3, 'zwei'));
  assert.deepEqual(kinds(document), ['words']);
});

test('edits of an older revision are in conflict with what came since', () => {
  const document = written('one two three');
  const seen = document.revision;
  document.edit({ type: 'replaceText', find: 'two', with: 'deux' });
  editAt(document, bob, seen, { type: 'insertText', at: 7, text: 's' });
  assert.deepEqual(newest(document)[0]?.with, [seen + 1]);
  editAt(document, bob, document.revision, { type: 'replaceText', find: 'one', with: 'un' });
  editAt(document, ada, document.revision - 1, {
    type: 'replaceText',
    find: 'three',
    with: 'trois',
  });
  assert.deepEqual([...conflictsIn(document.events).keys()], [seen + 2]);
});

test('text in a section that was deleted meanwhile is told, either way', () => {
  const document = written('one\n# Two\nabc\n');
  const section = document.section(1);
  const away = writerOf(document, 'bob');
  document.do({ type: 'EditDocument', edits: [{ type: 'deleteSection', section }] });
  send(document, bob, away.splice(section, 9, 0, 'd'));
  const [conflict, ...others] = newest(document);
  assert.deepEqual(others, []);
  assert.deepEqual([conflict?.kind, conflict?.section], ['deleted', section]);
  assert.equal(conflict?.goneBy, document.revision - 1);

  const other = written('one\n# Two\nabc\n');
  const [seen, there] = [other.revision, other.section(1)];
  send(other, bob, writerOf(other, 'bob').splice(there, 9, 0, 'd'));
  editAt(other, ada, seen, { type: 'deleteSection', section: there });
  assert.deepEqual(kinds(other), ['deleted']);
  assert.deepEqual(newest(other)[0]?.with, [seen + 1]);
  assert.equal(newest(other)[0]?.goneBy, other.revision);
});

test('text in a section that was moved meanwhile is told, either way', () => {
  const document = written('one\n# Two\nabc\n');
  const [first, section, seen] = [document.section(0), document.section(1), document.revision];
  const away = writerOf(document, 'bob');
  document.do({ type: 'EditDocument', edits: [{ type: 'moveSection', section, after: null }] });
  send(document, bob, away.splice(section, 9, 0, 'd'), away.splice(first, 0, 0, 'x'));
  assert.deepEqual(
    newest(document).map(({ kind, section }) => [kind, section]),
    [['moved', section]],
  );
  const other = written('one\n# Two\nabc\n');
  send(other, bob, writerOf(other, 'bob').splice(other.section(1), 9, 0, 'd'));
  editAt(other, ada, seen, { type: 'moveSection', section: other.section(1), after: null });
  assert.deepEqual(kinds(other), ['moved']);
});

test('text that was cut off meanwhile is told, either way; what stayed is not', () => {
  const document = written('one two\nthree four\n');
  const section = document.section(0);
  const [away, left] = [writerOf(document, 'bob'), writerOf(document, 'eve')];
  document.do({ type: 'EditDocument', edits: [{ type: 'splitSection', section, at: 8 }] });
  const cut = document.revision;
  send(document, bob, away.splice(section, 13, 0, 'e'), away.splice(section, 14, 0, 'n'));
  assert.deepEqual(
    newest(document).map((one) => [one.kind, one.section, one.with]),
    [['split', document.section(1), [cut]]],
  );
  const before = conflictsIn(document.events).size;
  send(document, eve, left.splice(section, 3, 0, 's'));
  assert.equal(conflictsIn(document.events).size, before);

  const other = written('one two\nthree four\n');
  const seen = other.revision;
  send(other, bob, writerOf(other, 'bob').splice(other.section(0), 13, 0, 'e'));
  editAt(other, ada, seen, { type: 'splitSection', section: other.section(0), at: 8 });
  assert.deepEqual(kinds(other), ['split']);
});

test('the same words are found where they are after a cut', () => {
  const document = written('one two\nthree four\n');
  const section = document.section(0);
  const away = writerOf(document, 'bob');
  document.do({ type: 'EditDocument', edits: [{ type: 'splitSection', section, at: 8 }] });
  document.edit({ type: 'replaceText', find: 'three', with: 'drei' });
  const renamed = document.revision;
  send(document, bob, away.splice(section, 13, 0, 's'));
  assert.deepEqual(kinds(document).toSorted(), ['split', 'words']);
  const words = newest(document).find(({ kind }) => kind === 'words');
  assert.deepEqual(words?.with, [renamed]);
});

test('an undo is in conflict with what was typed meanwhile in the words that it took away', () => {
  const document = written('one three');
  const section = document.section(0);
  document.edit({ type: 'insertText', at: 4, text: 'two ' });
  const away = writerOf(document, 'bob');
  document.do({ type: 'UndoGroup', scope: 'mine' });
  const undone = document.revision;
  send(document, bob, away.splice(section, 7, 0, 's'));
  assert.deepEqual(kinds(document), ['deleted']);
  assert.deepEqual(newest(document)[0]?.with, [undone]);
});

test('after two titles the document can be given the one that it has', () => {
  const document = written('one');
  const [hers, his] = [writerOf(document, 'ada'), writerOf(document, 'bob')];
  const changes = [hers.rename('Hers'), his.rename('His')];
  send(document, ada, changes[0]!);
  send(document, bob, changes[1]!);
  const title = titleOf(document.living);
  document.edit({ type: 'setTitle', title });
  assert.equal(titleOf(document.living), title);
  hers.take([changes[1]!.bytes]);
  send(document, ada, hers.splice(document.section(0), 0, 0, 'x'));
  assert.equal(document.markdown, 'xone');
});
