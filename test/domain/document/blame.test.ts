import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type BlameRun, blameOf } from '#domain/document/blame.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { Edit } from '#domain/document/edits.ts';
import { contentOf } from '#domain/document/reading.ts';
import { type WrittenDocument, ada, bob, replayed, written } from '#test/support/document.ts';
import type { Principal } from '#domain/rights.ts';

const undo = { type: 'UndoGroup', scope: 'mine' } as const;
const redo = { type: 'RedoGroup', scope: 'mine' } as const;

const runsOf = (document: WrittenDocument): readonly BlameRun[] =>
  blameOf(document.living).flatMap(({ runs }) => runs);
const nameOf = ({ author }: Pick<BlameRun, 'author'>) => (author === bob.member ? 'bob' : 'ada');
const told = (document: WrittenDocument) =>
  runsOf(document).map((run) => `${nameOf(run)}: ${run.text}`);
const edit = (document: WrittenDocument, who: Principal, ...edits: Edit[]) =>
  document.do({ type: 'EditDocument', edits }, who);
const afterSnapshot = (document: WrittenDocument) => {
  const { encode, decode } = documentAggregate.snapshot!;
  document.state = decode(encode(document.state));
};

test('the text that a document begins with is its creator’s, what is typed is its author’s', () => {
  const document = written('one three\n');
  edit(document, bob, { type: 'insertText', at: 4, text: 'two ' });
  const seconds = Date.parse('2026-01-31T12:00:30Z') / 1_000;
  const [first, second, third] = runsOf(document);
  const began = { author: ada.member, at: seconds, origin: 'person' };
  assert.deepEqual(
    [first, third],
    [
      { text: 'one ', ...began },
      { text: 'three\n', ...began },
    ],
  );
  assert.deepEqual(
    { ...second, group: typeof second?.group },
    {
      text: 'two ',
      author: bob.member,
      at: seconds,
      origin: 'person',
      group: 'string',
    },
  );
});

test('what a cut moved, and what an undo brought back, is still of the one who typed it', () => {
  const document = written('one three\n');
  edit(document, bob, { type: 'insertText', at: 4, text: 'two ' });
  const before = told(document);
  edit(document, ada, { type: 'splitSection', section: document.section(0), at: 6 });
  assert.deepEqual(told(document), ['ada: one ', 'bob: tw', 'bob: o ', 'ada: three\n']);
  edit(document, ada, { type: 'deleteText', at: 2, count: 8 });
  assert.deepEqual(told(document), ['ada: on', 'ada: ree\n']);
  document.do(undo);
  assert.deepEqual(told(document), ['ada: one ', 'bob: tw', 'bob: o ', 'ada: three\n']);
  document.do(undo, bob);
  assert.deepEqual(told(document), ['ada: one ', 'ada: three\n']);
  document.do(redo, bob);
  afterSnapshot(document);
  assert.equal(
    told(document)
      .join('')
      .replaceAll(/(ada|bob): /g, ''),
    'one two three\n',
  );
  assert.equal(before.join('').replaceAll(/(ada|bob): /g, ''), document.markdown);
});

test('who wrote a text is known when undo has long forgotten the group', () => {
  const document = written('');
  edit(document, bob, { type: 'insertText', at: 0, text: 'old' });
  for (let n = 0; n < 1_001; n++) edit(document, ada, { type: 'setTitle', title: `Title ${n}` });
  afterSnapshot(document);
  const [run] = runsOf(document);
  assert.deepEqual([run?.author, run?.origin, run?.group], [bob.member, 'person', undefined]);
});

const steps = fc.array(fc.tuple(fc.nat(9), fc.boolean(), fc.nat(), fc.nat()), {
  minLength: 1,
  maxLength: 25,
});

test('of all that two people write, cut, delete, undo and redo, each keeps what is theirs', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const story = new Story();
      for (const step of all) {
        story.step(...step);
        story.check();
      }
      assert.deepEqual(blameOf(replayed(story.document.events)), blameOf(story.document.living));
    }),
  );
});

/** No two characters are the same, and each is in a list under the name of whoever typed it. */
class Story {
  readonly document: WrittenDocument;
  readonly #authors = new Map<string, string>();
  #characters = 0;

  constructor() {
    this.document = written(`${this.#type(ada, 6)}\n# ${this.#type(ada, 6)}`);
  }

  #type(who: Principal, count: number): string {
    const characters = Array.from({ length: count }, () =>
      String.fromCodePoint((this.#characters % 5 === 0 ? 0x20_000 : 0x4e_00) + this.#characters++),
    );
    for (const one of characters) this.#authors.set(one, nameOf({ author: who.member }));
    return characters.join('');
  }

  step(kind: number, isBob: boolean, a: number, b: number): void {
    const who = isBob ? bob : ada;
    const { document } = this;
    if (kind === 0) afterSnapshot(document);
    else if (kind === 1 || kind === 2) this.#ifThereIs(() => document.do(undo, who));
    else if (kind === 3) this.#ifThereIs(() => document.do(redo, who));
    else edit(document, who, this.#someEdit(who, kind, a, b));
  }

  /** Undo and redo are refused where there is nothing to take back. */
  #ifThereIs(act: () => void): void {
    try {
      act();
    } catch (error) {
      assert.match(String(error), /There is no edit to/);
    }
  }

  #someEdit(who: Principal, kind: number, a: number, b: number): Edit {
    const { texts } = this.document;
    const index = a % Math.max(1, texts.length);
    const characters = Array.from(texts[index] ?? '');
    if (characters.length === 0)
      return { type: 'insertSection', after: null, text: this.#type(who, 3) };
    const section = this.document.section(index);
    const unitsUpTo = (count: number) => characters.slice(0, count).join('').length;
    const at = unitsUpTo(b % (characters.length + 1));
    if (kind === 4) return { type: 'splitSection', section, at };
    if (kind === 5) return { type: 'deleteSection', section };
    if (kind === 6) {
      const from = b % characters.length;
      const start = unitsUpTo(from);
      const count = unitsUpTo(from + 1 + (a % 4)) - start;
      return { type: 'deleteText', section, at: start, count };
    }
    return { type: 'insertText', section, at, text: this.#type(who, 1 + (a % 3)) };
  }

  check(): void {
    const blame = blameOf(this.document.living);
    const { sections } = contentOf(this.document.living);
    assert.deepEqual(
      blame.map(({ id, runs }) => ({ id, text: runs.map(({ text }) => text).join('') })),
      sections.map(({ id, text }) => ({ id, text })),
    );
    for (const run of runsOf(this.document)) {
      for (const one of run.text) {
        if (this.#authors.has(one)) assert.equal(nameOf(run), this.#authors.get(one), one);
      }
    }
  }
}
