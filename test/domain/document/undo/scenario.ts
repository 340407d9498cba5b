import assert from 'node:assert/strict';
import * as Automerge from '@automerge/automerge';
import type { DocumentCommand } from '#domain/document/commands.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { Edit } from '#domain/document/edits.ts';
import type { ContentEvent, DocumentEvent } from '#domain/document/events.ts';
import {
  baseOf,
  restorePointOf,
  markdownOf,
  sectionsOf,
  titleOf,
} from '#domain/document/reading.ts';
import type { SectionId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import { type WrittenDocument, replayed, written } from '#test/support/document.ts';
import { principal } from '#test/support/given.ts';
import type { Random } from '#test/support/random.ts';
import { type Sections, edited } from './edited.ts';
import { OfflineWriter } from './offline-writer.ts';
import { type Character, type Group, Oracle } from './oracle.ts';

type Past = {
  readonly base: ReturnType<typeof baseOf>;
  readonly content: ReturnType<typeof restorePointOf>;
  readonly sections: Sections;
  /** By section: its characters. */
  readonly characters: ReadonlyMap<string, readonly Character[]>;
};

/** Three people and one document, and what must be true of it after each step. */
export class Scenario {
  readonly story: string[] = [];
  undone = 0;
  readonly random: Random;
  readonly document: WrittenDocument;
  readonly oracle = new Oracle();
  readonly #people: readonly Principal[];
  readonly #writers: ReadonlyMap<Principal, OfflineWriter>;
  readonly #past: Past[] = [];
  #mirror = Automerge.init<MirrorShape>();
  #seen = 0;
  #characters = 0;

  constructor(random: Random) {
    this.random = random;
    this.#people = ['ada', 'bob', 'cleo'].map((name) => principal(name, 'editor'));
    this.document = written(`${this.#newText(8)}\n# ${this.#newText(8)}\n# ${this.#newText(4)}`);
    const actors = ['0d', '77', 'fe'];
    this.#writers = new Map(
      this.#people.map((one, index) => [one, new OfflineWriter(actors[index]!.repeat(16))]),
    );
    this.#check();
    for (const writer of this.#writers.values()) this.#catchUp(writer);
  }

  step(): void {
    const random = this.random;
    const who = this.#people[random.below(3)]!;
    const dice = random.below(40);
    if (dice < 9) this.#edit(who);
    else if (dice < 13) this.#editOnBase(who);
    else if (dice < 18) this.#writeOffline(who);
    else if (dice < 21) this.#comeOnline(who);
    else if (dice === 21) this.#restore(who);
    else if (dice === 22) this.#reload();
    else if (dice < 33) this.#undo(who);
    else this.#redo(who);
    this.#check();
  }

  #tell(who: Principal, what: string): void {
    this.story.push(`${['ada', 'bob', 'cleo'][this.#people.indexOf(who)]} ${what}`);
  }

  /** No two characters are the same, so that each can be told from all others. */
  #newText(most = 4): string {
    const length = 1 + this.random.below(most);
    return Array.from({ length }, () => {
      const number = this.#characters++;
      return String.fromCodePoint(number % 5 === 0 ? 0x20_000 + number : 0x4e_00 + number);
    }).join('');
  }

  #do(who: Principal, command: DocumentCommand): DocumentEvent[] {
    this.#tell(
      who,
      JSON.stringify(command, (key, value: unknown) => (key === 'base' ? 0 : value)),
    );
    return this.document.do(command, who);
  }

  #edit(who: Principal): void {
    const before = sectionsOf(this.document.living);
    const edit = this.#someEdit(before);
    this.#do(who, { type: 'EditDocument', edits: [edit] });
    const after = sectionsOf(this.document.living);
    // A section whose making was undone goes with its last character.
    const withText = (texts: readonly string[]) => texts.filter((text) => text !== '');
    assert.deepEqual(withText(after.map(({ text }) => text)), withText(edited(before, edit)));
    if (edit.type === 'setTitle') assert.equal(titleOf(this.document.living), edit.title);
  }

  #someEdit(sections: Sections): Edit {
    const random = this.random;
    const section = sections[random.below(sections.length)];
    if (section === undefined) return { type: 'insertSection', after: null, text: this.#newText() };
    const { id } = section;
    const other = sections[random.below(sections.length)]!.id;
    const characters = Array.from(section.text);
    const at = unitsOf(characters, random.below(characters.length + 1));
    const end = unitsOf(characters, random.below(characters.length + 1));
    const [from, to] = [Math.min(at, end), Math.max(at, end)];
    const edits: Edit[] = [
      { type: 'setTitle', title: this.#newText() },
      { type: 'deleteSection', section: id },
      { type: 'moveSection', section: id, after: random.below(2) === 0 ? null : other },
      { type: 'insertSection', after: id, text: this.#newText() },
      { type: 'splitSection', section: id, at },
      { type: 'splitSection', section: id, at },
    ];
    const dice = random.below(20);
    if (edits[dice]) return edits[dice];
    if (dice < 12 && from < to)
      return { type: 'deleteText', section: id, at: from, count: to - from };
    return { type: 'insertText', section: id, at, text: this.#newText() };
  }

  #editOnBase(who: Principal): void {
    const past = this.#past[this.random.below(this.#past.length)]!;
    const edit = this.#someEdit(past.sections);
    if (edit.type !== 'insertText' && edit.type !== 'deleteText') return;
    const before = new Set(this.#visible());
    const [event] = this.#do(who, { type: 'EditDocument', edits: [edit], base: past.base });
    if (event?.type === 'ChangesApplied') this.#take(event);
    const characters = past.characters.get(edit.section!)!;
    const index = indexAt(characters, edit.at);
    if (edit.type === 'deleteText') {
      const meant = characters.slice(index, indexAt(characters, edit.at + edit.count));
      for (const one of meant) {
        assert.ok(!before.has(one) || !this.oracle.isVisible(one), `${one.value} is deleted`);
      }
    } else this.#mustStandBetween(edit.text, characters[index - 1], characters[index]);
  }

  /** What is typed stands between the characters that it was typed between. */
  #mustStandBetween(text: string, left?: Character, right?: Character): void {
    const [first = ''] = Array.from(text);
    for (const { characters } of this.oracle.sections.values()) {
      const at = characters.findIndex(({ value }) => value === first);
      if (at < 0) continue;
      const placeOf = (one: Character | undefined, missing: number) =>
        one && this.oracle.isVisible(one) && characters.includes(one)
          ? characters.indexOf(one)
          : missing;
      assert.ok(at > placeOf(left, -1), `${first} is right of ${left?.value}`);
      assert.ok(at < placeOf(right, Infinity), `${first} is left of ${right?.value}`);
      return;
    }
  }

  #writeOffline(who: Principal): void {
    const writer = this.#writers.get(who)!;
    this.#tell(who, 'writes offline');
    writer.write(this.random, () => this.#newText());
  }

  /** The room accepts what was written offline, and reconciles before anything else. */
  #comeOnline(who: Principal): void {
    const writer = this.#writers.get(who)!;
    for (const change of writer.takeUnsent()) {
      this.#tell(who, 'comes online');
      this.document.happens({
        type: 'ChangesApplied',
        data: {
          changes: [change],
          group: crypto.randomUUID(),
          author: who.member,
          at: Date.parse('2026-01-31T12:00:30Z') / 1_000,
          origin: 'person',
          size: { inserted: 0, deleted: 0 },
          sections: [...this.oracle.sections.keys()] as SectionId[],
        },
      });
      const before = this.#everWritten();
      this.#do(who, { type: 'ReconcileDocument' });
      this.#take();
      this.#adoptOrder(before, writer.seen);
      this.#check();
    }
    this.#catchUp(writer);
  }

  #everWritten(): Set<Character> {
    return new Set([...this.oracle.sections.values()].flatMap(({ characters }) => characters));
  }

  #catchUp(writer: OfflineWriter): void {
    writer.catchUp(this.document.changes);
    writer.seen = this.#everWritten();
  }

  #adoptOrder(before: ReadonlySet<Character>, seen: ReadonlySet<Character>): void {
    for (const [id, { text }] of Object.entries(this.#mirrored().sections)) {
      this.oracle.adoptOrder(
        id,
        Array.from(text),
        (character) => !before.has(character),
        (character) => !seen.has(character),
      );
    }
  }

  #restore(who: Principal): void {
    const { content: to, base } = this.#past[this.random.below(this.#past.length)]!;
    this.#tell(who, `restores ${base.revision}`);
    this.document.do({ type: 'RestoreDocument', to, revision: base.revision }, who);
    const { living } = this.document;
    assert.equal(titleOf(living), to.title);
    assert.equal(markdownOf(living), to.sections.map(({ text }) => text).join(''), 'is restored');
  }

  /** Another process goes on: from a snapshot, or from the events. */
  #reload(): void {
    const { encode, decode } = documentAggregate.snapshot!;
    const { state } = this.document;
    const isSnapshot = this.random.below(2) === 0;
    this.story.push(isSnapshot ? 'from a snapshot' : 'replayed');
    this.document.state = isSnapshot ? decode(encode(state)) : replayed(this.document.events);
  }

  #undo(who: Principal): void {
    const scope = this.random.below(3) === 0 ? 'document' : 'mine';
    const theirs = this.oracle.groups.filter(
      ({ author }) => scope === 'document' || author === who.member,
    );
    const named = this.random.below(3) === 0 ? theirs[this.random.below(theirs.length)] : undefined;
    const group = named ?? theirs.findLast(({ undone }) => !undone);
    const command = { type: 'UndoGroup', scope, ...(named && { group: named.id }) } as const;
    const isDone = group !== undefined && !group.undone;
    this.#mustDo(who, command, isDone ? group : undefined, 'ChangesUndone', group !== undefined);
  }

  #redo(who: Principal): void {
    const scope = this.random.below(3) === 0 ? 'document' : 'mine';
    const can = this.oracle.groups.filter(
      ({ author, undone }) =>
        undone &&
        !undone.isFinal &&
        (scope === 'document' || (author === who.member && undone.by === who.member)),
    );
    const named = this.random.below(4) === 0 ? can[this.random.below(can.length)] : undefined;
    const last = can.toSorted((one, other) => one.undone!.turn - other.undone!.turn).at(-1);
    const group = named ?? last;
    const command = { type: 'RedoGroup', scope, ...(named && { group: named.id }) } as const;
    this.#mustDo(who, command, group, 'ChangesRedone', group !== undefined);
  }

  #mustDo(
    who: Principal,
    command: DocumentCommand,
    group: Group | undefined,
    type: string,
    isAllowed: boolean,
  ): void {
    if (!isAllowed) {
      assert.throws(() => this.#do(who, command), Rejected);
      return;
    }
    const events = this.#do(who, command);
    if (group) this.undone++;
    const expected = group ? [[type, group.id]] : [];
    assert.deepEqual(
      events.map((event) => [event.type, 'group' in event.data && event.data.group]),
      expected,
    );
  }

  #taken = 0;
  #take(event?: DocumentEvent): void {
    for (const next of this.document.events.slice(this.#taken)) {
      if ('changes' in next.data) this.oracle.take(next as ContentEvent);
    }
    this.#taken = this.document.events.length;
    assert.ok(event === undefined || this.document.events.includes(event));
  }

  #visible(): Character[] {
    return [...this.oracle.sections.keys()].flatMap((id) => this.oracle.visible(id));
  }

  /** The document, and an Automerge client's copy of it, are what the oracle says. */
  #check(): void {
    this.#take();
    const { living } = this.document;
    const mirror = this.#mirrored();
    const oracle = this.oracle;
    assert.equal(mirror.title.toString(), oracle.title, 'title');
    for (const [id, section] of Object.entries(mirror.sections)) {
      const visible = oracle.visible(id);
      const expected = visible.map(({ value }) => value).join('');
      assert.equal(section.text, expected, `text of section ${id}`);
      assert.equal(section.present, oracle.isPresent(id), `presence of section ${id}`);
      assert.equal(section.order.toString(), oracle.order(id), `place of section ${id}`);
      let at = 0;
      for (const character of visible) {
        oracle.isNow(character, Automerge.getCursor(mirror, ['sections', id, 'text'], at));
        at += character.value.length;
      }
    }
    const shown = Object.entries(mirror.sections)
      .filter(([, { present }]) => present)
      .map(([id, { order, text }]) => ({ id, text, order: order.toString() }))
      .toSorted((a, b) => (a.order < b.order || (a.order === b.order && a.id < b.id) ? -1 : 1));
    assert.equal(markdownOf(living), shown.map(({ text }) => text).join(''));
    assert.equal(titleOf(living), oracle.title);
    if (this.#past.length < 40 || this.random.below(4) === 0) this.#remember();
  }

  #mirrored(): Automerge.Doc<MirrorShape> {
    const { changes } = this.document;
    this.#mirror = Automerge.applyChanges(this.#mirror, changes.slice(this.#seen))[0];
    this.#seen = changes.length;
    return this.#mirror;
  }

  #remember(): void {
    const { living, revision } = this.document;
    const sections = sectionsOf(living);
    this.#past.push({
      base: baseOf(living, revision),
      content: restorePointOf(living),
      sections,
      characters: new Map(sections.map(({ id }) => [id, this.oracle.visible(id)])),
    });
  }
}

type MirrorShape = {
  title: Automerge.ImmutableString;
  sections: Record<string, { order: Automerge.ImmutableString; present: boolean; text: string }>;
};

const unitsOf = (characters: readonly string[], count: number): number =>
  characters.slice(0, count).join('').length;

function indexAt(characters: readonly Character[], units: number): number {
  let left = units;
  let index = 0;
  while (left > 0) left -= characters[index++]!.value.length;
  return index;
}
