import assert from 'node:assert/strict';
import * as Automerge from '@automerge/automerge';
import type { ChangesApplied, ContentEvent } from '#domain/document/events.ts';

// The rule of undo, computed as it is said, from the list of groups and what they did: every
// character that was ever written stands in a list, with all that was done to it in the order of
// the log, and each time all of them are looked at. What people did is read from their changes with
// Automerge's own decoder; what the server wrote for undo is not read at all, except in which
// element it shows a character, which its value proves: there are no two alike. Nothing here is
// shared with the domain but the shapes of events.

type Id = { readonly counter: number; readonly actor: string };

/** A character, for ever. `null` stands for what the document began with. */
export type Character = {
  readonly value: string;
  readonly id: Id;
  /** That it was typed, deleted, brought back by a restore … by whom. */
  readonly acts: { readonly group: string | null; readonly isThere: boolean }[];
};

type Write<Value> = { readonly group: string | null; readonly value: Value };

type Section = {
  characters: Character[];
  /** What was cut off its end last, from that character on: they come right after these. */
  rest: { readonly section: Section; readonly first: Character } | undefined;
  readonly order: Write<string>[];
  readonly present: Write<boolean>[];
};

export type Group = {
  readonly id: string;
  readonly author: string;
  undone: { readonly by: string; readonly turn: number; isFinal: boolean } | undefined;
};

type Op = {
  readonly action: string;
  readonly obj: string;
  readonly key?: string;
  readonly elemId?: string;
  readonly insert?: boolean;
  readonly value?: unknown;
};

export class Oracle {
  readonly sections = new Map<string, Section>();
  readonly groups: Group[] = [];
  readonly #title: Write<string>[] = [];
  /** Elements of Automerge by their id: several can be one character. */
  readonly #characters = new Map<string, Character>();
  #sectionsMap = '';
  /** Automerge's maps and texts, and the sections they are of. */
  readonly #sectionOf = new Map<string, string>();
  #ground: string | undefined;
  #turns = 0;

  /** Takes in what happened. */
  take(event: ContentEvent): void {
    const { data } = event;
    switch (event.type) {
      case 'ChangesApplied':
        return this.#applied(event.data);
      case 'ChangesUndone': {
        const group = this.#group(event.data.group);
        group.undone ??= { by: data.author, turn: this.#turns++, isFinal: false };
        return undefined;
      }
      case 'ChangesRedone':
        this.#group(event.data.group).undone = undefined;
        return undefined;
      case 'ChangesReconciled':
        return undefined;
    }
  }

  #group(id: string): Group {
    return this.groups.find((group) => group.id === id)!;
  }

  isInEffect = (group: string | null): boolean =>
    group === null || this.#group(group).undone === undefined;

  #applied({ changes, cuts = [], moves = [], revived = [], ...data }: ChangesApplied): void {
    const { group: id, author } = data;
    this.#ground ??= id;
    const group = id === this.#ground ? null : id;
    for (const { undone } of this.groups) if (undone?.by === author) undone.isFinal = true;
    const isCut = (index: number) => cuts.some(({ change }) => change === index);
    const isEdit = changes.some((_, index) => !isCut(index));
    if (group !== null && isEdit && !this.groups.some((known) => known.id === id)) {
      this.groups.push({ id, author, undone: undefined });
    }
    changes.forEach((change, index) => {
      const { actor, startOp, ops } = Automerge.decodeChange(change);
      (ops as Op[]).forEach((op, offset) => {
        const opId = { counter: startOp + offset, actor };
        if (moves.includes(index)) return;
        if (isCut(index)) this.#cutOp(op, opId);
        else if (revived.includes(index)) this.#comesBack(op, opId, group);
        else this.#op(op, opId, group);
      });
      for (const cut of cuts) if (cut.change === index) this.#cut(cut);
    });
  }

  #op(op: Op, id: Id, group: string | null): void {
    const name = `${id.counter}@${id.actor}`;
    if (op.action === 'makeMap' && op.key === 'sections') this.#sectionsMap = name;
    else if (op.action === 'makeMap' && op.obj === this.#sectionsMap)
      this.#newSection(op.key!, name);
    else if (op.action === 'makeText') this.#sectionOf.set(name, this.#sectionOf.get(op.obj) ?? '');
    else if (op.obj === '_root' && op.key === 'title') {
      this.#title.push({ group, value: String(op.value) });
    } else this.#sectionOp(op, id, group);
  }

  #newSection(id: string, map: string): void {
    this.#sectionOf.set(map, id);
    this.sections.set(id, { characters: [], rest: undefined, order: [], present: [] });
  }

  #sectionOp(op: Op, id: Id, group: string | null): void {
    const section = this.sections.get(this.#sectionOf.get(op.obj) ?? '');
    if (section === undefined) return;
    if (op.key === 'order') {
      // The place where a section was made is nobody's to take back.
      const owner = section.order.length === 0 ? null : group;
      section.order.push({ group: owner, value: String(op.value) });
    } else if (op.key === 'present') section.present.push({ group, value: op.value === true });
    else if (op.insert === true) this.#insert(section, op, id, group);
    else if (op.action === 'del') this.#known(op.elemId!).acts.push({ group, isThere: false });
  }

  #known(element: string): Character {
    return this.#characters.get(element) ?? assert.fail(`${element} is not known`);
  }

  #comesBack({ elemId }: Op, { counter, actor }: Id, group: string | null): void {
    const character = this.#known(elemId!);
    character.acts.push({ group, isThere: true });
    this.#characters.set(`${counter}@${actor}`, character);
  }

  /** Right behind what it was typed behind, but behind what others typed there who knew more. */
  #insert(section: Section, op: Op, id: Id, group: string | null): void {
    const behind = this.#characters.get(op.elemId!);
    let into = behind === undefined ? section : this.#listOf(behind);
    let at = behind === undefined ? 0 : into.characters.indexOf(behind) + 1;
    for (;;) {
      const [next] = into.characters.slice(at);
      const { rest } = into;
      const isBelow = next ? isAbove(next.id, id) : rest && isAbove(rest.first.id, id);
      if (!isBelow) break;
      if (!next && rest) [into, at] = [rest.section, rest.section.characters.indexOf(rest.first)];
      at++;
    }
    const character = { value: String(op.value), id, acts: [{ group, isThere: true }] };
    into.characters.splice(at, 0, character);
    this.#characters.set(`${id.counter}@${id.actor}`, character);
  }

  #listOf(character: Character): Section {
    return [...this.sections.values()].find(({ characters }) => characters.includes(character))!;
  }

  /** A change that cuts makes sections and moves others out of their way; its text only moves. */
  #cutOp(op: Op, id: Id): void {
    const name = `${id.counter}@${id.actor}`;
    if (op.action === 'makeMap') this.#newSection(op.key!, name);
    else if (op.action === 'makeText') this.#sectionOf.set(name, this.#sectionOf.get(op.obj) ?? '');
    else if (op.key === 'order') {
      const section = this.sections.get(this.#sectionOf.get(op.obj)!)!;
      section.order.push({ group: null, value: String(op.value) });
    }
  }

  #cut({
    from,
    at,
    to,
  }: {
    readonly from: string;
    readonly at: number;
    readonly to: string;
  }): void {
    const [left, right] = [this.sections.get(from)!, this.sections.get(to)!];
    let units = 0;
    const index = left.characters.findIndex((character) => {
      if (!this.isVisible(character)) return false;
      units += character.value.length;
      return units > at;
    });
    right.characters = left.characters.splice(index);
    right.rest = left.rest;
    left.rest = { section: right, first: right.characters[0]! };
    right.present.push(...left.present);
  }

  /** By the last that was done to it by a group in effect. */
  isVisible = ({ acts }: Character): boolean =>
    acts.findLast(({ group }) => this.isInEffect(group))?.isThere === true;

  get title(): string {
    return this.#last(this.#title) ?? '';
  }

  #last<Value>(writes: readonly Write<Value>[]): Value | undefined {
    return writes.findLast(({ group }) => this.isInEffect(group))?.value;
  }

  visible(section: string): Character[] {
    return this.sections.get(section)!.characters.filter(this.isVisible);
  }

  order(section: string): string {
    return this.#last(this.sections.get(section)!.order) ?? '';
  }

  isPresent(section: string): boolean {
    const { present } = this.sections.get(section)!;
    return this.#last(present) ?? this.visible(section).length > 0;
  }

  /** How many characters there ever were. */
  get written(): number {
    return [...this.sections.values()].reduce((sum, { characters }) => sum + characters.length, 0);
  }

  /**
   * Where two people typed at one place and neither had seen the other's text, either order is
   * right, as long as it stays: the document's is taken over, for characters that are new and only
   * across those that `areUnseen` by their author. A cut may have come between the two.
   */
  adoptOrder(
    id: string,
    shown: readonly string[],
    isNew: (character: Character) => boolean,
    isUnseen: (character: Character) => boolean,
  ): void {
    const into = this.sections.get(id)!;
    const typed = [...this.#characters.values()].filter((one) => isNew(one) && this.isVisible(one));
    for (const character of new Set(typed)) {
      const place = shown.indexOf(character.value);
      if (place < 0) continue;
      const left = shown[place - 1];
      const now = this.visible(id);
      if (now.includes(character) && now[now.indexOf(character) - 1]?.value === left) continue;
      const from = this.#listOf(character);
      const to = into.characters.findIndex(({ value }) => value === left) + 1;
      const crossed = between(from, from.characters.indexOf(character), into, to);
      const mayMove = crossed?.every(
        (one) => one === character || !this.isVisible(one) || isNew(one) || isUnseen(one),
      );
      if (mayMove !== true) return;
      from.characters.splice(from.characters.indexOf(character), 1);
      const index = into.characters.findIndex(({ value }) => value === left);
      into.characters.splice(index + 1, 0, character);
    }
  }

  /** The element that stands for the character now. */
  isNow(character: Character, element: string): void {
    this.#characters.set(element, character);
  }
}

const isAbove = (one: Id, other: Id): boolean =>
  one.counter > other.counter || (one.counter === other.counter && one.actor > other.actor);

/** What stands between two places, also where cuts made several sections of one. */
function between(
  from: Section,
  at: number,
  into: Section,
  to: number,
): readonly Character[] | undefined {
  if (from === into) return from.characters.slice(Math.min(at, to), Math.max(at, to));
  return across(from, at, into, to) ?? across(into, to, from, at);
}

function across(left: Section, at: number, right: Section, to: number) {
  const crossed = left.characters.slice(at);
  for (let next = left.rest?.section; next; next = next.rest?.section) {
    if (next === right) return [...crossed, ...next.characters.slice(0, to)];
    crossed.push(...next.characters);
  }
  return undefined;
}
