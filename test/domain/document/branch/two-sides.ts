import assert from 'node:assert/strict';
import { blameOf } from '#domain/document/blame.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { Edit } from '#domain/document/edits.ts';
import { baseOf, markdownOf, restorePointOf, sectionsOf } from '#domain/document/reading.ts';
import type { RestorePoint } from '#domain/document/content.ts';
import { Rejected } from '#domain/rejected.ts';
import type { Principal } from '#domain/rights.ts';
import { branchOf, merge } from '#test/support/branch.ts';
import { type WrittenDocument, ada, bob, replayed, written } from '#test/support/document.ts';
import type { Random } from '#test/support/random.ts';

/** What one side shows: no two characters are the same. */
const shown = (document: WrittenDocument): string[] => Array.from(document.markdown);

/** The document as somebody still sees it, who edits it later. */
type Past = {
  readonly base: ReturnType<typeof baseOf>;
  readonly sections: ReturnType<typeof sectionsOf>;
};

type Side = 'document' | 'branch';
type Restorable = { readonly revision: number; readonly to: RestorePoint };

/** What people do beside writing, cutting, deleting and merging. */
export type Also = { readonly undo?: true; readonly restore?: true };

/** A document and its branch, both written in, and what must be true of each merge. */
export class TwoSides {
  readonly story: string[] = [];
  readonly #random: Random;
  readonly #document: WrittenDocument;
  readonly #branch: WrittenDocument;
  readonly #authors = new Map<string, string>();
  /** On which side each was typed; none for what the branch began with. */
  readonly #sides = new Map<string, Side>();
  readonly #groupsBefore: number;
  #characters = 0;
  /** What each side showed when there was no difference, and what was ever deleted on one. */
  #last: { readonly document: readonly string[]; readonly branch: readonly string[] };
  readonly #past: Past[] = [];
  readonly #restorable: Record<Side, Restorable[]> = { document: [], branch: [] };
  readonly #gone = { document: new Set<string>(), branch: new Set<string>() };

  constructor(random: Random) {
    this.#random = random;
    this.#document = written(this.#newText(ada, 12));
    for (let n = random.below(3); n > 0; n--) this.#write('document', ada);
    this.#sides.clear();
    this.#groupsBefore = this.#document.living.ledger.groups.count;
    this.#branch = branchOf(this.#document, { name: `branch ${random.below(1_000)}` });
    this.#last = { document: shown(this.#document), branch: shown(this.#branch) };
  }

  step({ undo, restore }: Also): void {
    const dice = this.#random.below(restore ? 16 : 14);
    const side = this.#random.below(2) === 0 ? 'document' : 'branch';
    const who = this.#random.below(2) === 0 ? ada : bob;
    if (dice < 2) this.#merge(who);
    else if (dice === 2) this.#reload(side);
    else if (dice === 3) this.#writeOnBase(who);
    else if (dice < 6 && undo) this.#undo(side, who);
    else if (dice >= 14) this.#restore(side, who);
    else this.#write(side, who);
    if (restore && this.#random.below(2) === 0) this.#remember(side);
  }

  #of(side: Side): WrittenDocument {
    return side === 'document' ? this.#document : this.#branch;
  }

  #newText(who: Principal, most = 4): string {
    const count = 1 + this.#random.below(most);
    const text = Array.from({ length: count }, () =>
      String.fromCodePoint((this.#characters % 5 === 0 ? 0x20_000 : 0x4e_00) + this.#characters++),
    );
    for (const one of text) this.#authors.set(one, who.member);
    return text.join('');
  }

  #write(side: Side, who: Principal): void {
    const document = this.#of(side);
    const before = shown(document);
    const first = this.#characters;
    const edit = this.#someEdit(document, who);
    for (const one of [...this.#authors.keys()].slice(first)) this.#sides.set(one, side);
    this.story.push(`${side}: ${JSON.stringify(edit)}`);
    document.do({ type: 'EditDocument', edits: [edit] }, who);
    this.#noteGone(side, before);
  }

  #writeOnBase(who: Principal): void {
    const { living, revision } = this.#document;
    this.#past.push({ base: baseOf(living, revision), sections: sectionsOf(living) });
    const { base, sections } = this.#past[this.#random.below(this.#past.length)]!;
    const before = shown(this.#document);
    const { id: section, text } = sections[this.#random.below(sections.length)]!;
    const characters = Array.from(text);
    const index = this.#random.below(characters.length + 1);
    const at = characters.slice(0, index).join('').length;
    const first = this.#characters;
    const typed = this.#newText(who);
    for (const one of [...this.#authors.keys()].slice(first)) this.#sides.set(one, 'document');
    const edit = { type: 'insertText', section, at, text: typed } as const;
    this.story.push(`document at ${base.revision}: ${JSON.stringify(edit)}`);
    this.#document.do({ type: 'EditDocument', edits: [edit], base }, who);
    this.#noteGone('document', before);
    const now = shown(this.#document);
    const place = now.indexOf(Array.from(typed)[0] ?? '');
    const [left, right] = [characters[index - 1] ?? '', characters[index] ?? ''];
    if (now.includes(left)) assert.ok(now.indexOf(left) < place, `${typed} is right of ${left}`);
    if (now.includes(right)) assert.ok(place < now.indexOf(right), `${typed} is left of ${right}`);
  }

  #noteGone(side: Side, before: readonly string[]): void {
    const now = new Set(shown(this.#of(side)));
    for (const one of before) if (!now.has(one)) this.#gone[side].add(one);
  }

  /** Where the other side deleted it too, the rule of undo says which of the two holds. */
  #noteBack(side: Side, before: readonly string[]): void {
    const was = new Set(before);
    for (const one of shown(this.#of(side))) if (!was.has(one)) this.#gone[side].add(one);
  }

  #someEdit(document: WrittenDocument, who: Principal): Edit {
    const random = this.#random;
    const { texts } = document;
    const index = random.below(texts.length);
    const characters = Array.from(texts[index] ?? '');
    if (characters.length === 0) return { type: 'insertText', at: 0, text: this.#newText(who) };
    const section = document.section(index);
    const unitsUpTo = (count: number) => characters.slice(0, count).join('').length;
    const at = unitsUpTo(random.below(characters.length + 1));
    const dice = random.below(10);
    if (dice < 3) return { type: 'splitSection', section, at };
    if (dice < 5) {
      const from = random.below(characters.length);
      const start = unitsUpTo(from);
      const count = unitsUpTo(from + 1 + random.below(4)) - start;
      return { type: 'deleteText', section, at: start, count };
    }
    return { type: 'insertText', section, at, text: this.#newText(who) };
  }

  #reload(side: Side): void {
    const { encode, decode } = documentAggregate.snapshot!;
    const document = this.#of(side);
    this.story.push(`${side} from a snapshot`);
    document.state = decode(encode(document.state));
  }

  #undo(side: Side, who: Principal): void {
    const type = this.#random.below(3) === 0 ? 'RedoGroup' : 'UndoGroup';
    // A merge is taken back where that is looked at, and what was there before is both sides’.
    const { living } = this.#of(side);
    const groups = [...living.ledger.groups.known.values()].filter(
      ({ origin, number }) =>
        origin !== 'merge' && (side === 'branch' || number >= this.#groupsBefore),
    );
    const group = groups[this.#random.below(groups.length)];
    if (group === undefined) return;
    const before = shown(this.#of(side));
    this.story.push(`${side}: ${type} ${group.number}`);
    try {
      this.#of(side).do({ type, scope: 'document', group: group.id }, who);
    } catch (error) {
      assert.ok(error instanceof Rejected, String(error));
    }
    this.#noteGone(side, before);
  }

  #remember(side: Side): void {
    const { living, revision } = this.#of(side);
    this.#restorable[side].push({ revision, to: restorePointOf(living) });
  }

  #restore(side: Side, who: Principal): void {
    const document = this.#of(side);
    const past = this.#restorable[side];
    const point = past[this.#random.below(past.length)];
    if (point === undefined) return;
    const before = shown(document);
    this.story.push(`${side}: restores ${point.revision}`);
    document.do({ type: 'RestoreDocument', ...point }, who);
    assert.equal(document.markdown, point.to.sections.map(({ text }) => text).join(''));
    this.#noteGone(side, before);
    this.#noteBack(side, before);
  }

  #merge(who: Principal): void {
    const before = { document: shown(this.#document), branch: shown(this.#branch) };
    this.story.push(`merge`);
    const events = merge(this.#document, this.#branch, who);
    this.#check(before);
    if (events.length > 0) {
      const merged = this.#document.markdown;
      this.#document.do({ type: 'UndoGroup', scope: 'mine' }, who);
      assert.deepEqual(shown(this.#document).toSorted(), before.document.toSorted());
      this.#mustKeepOrder(before.document, shown(this.#document));
      this.#document.do({ type: 'RedoGroup', scope: 'mine' }, who);
      assert.equal(this.#document.markdown, merged, 'the merge is there again');
      assert.deepEqual(this.#document.do({ type: 'ReconcileDocument' }, who), []);
    }
    this.#last = { document: shown(this.#document), branch: before.branch };
  }

  /** What both typed at one place may stand in either order, and change it when that is cut again. */
  #mustKeepOrder(before: readonly string[], after: readonly string[]): void {
    for (const side of ['document', 'branch']) {
      const isKnown = (one: string) => (this.#sides.get(one) ?? side) === side;
      const inBoth = (one: string) => before.includes(one) && after.includes(one) && isKnown(one);
      assert.deepEqual(after.filter(inBoth), before.filter(inBoth), 'the order of each side stays');
    }
  }

  #check(now: { readonly document: readonly string[]; readonly branch: readonly string[] }): void {
    const merged = shown(this.#document);
    assert.equal(new Set(merged).size, merged.length, 'no character is there twice');
    const visible = new Set(merged);
    const [was, are] = [setsOf(this.#last), setsOf(now)];
    for (const one of new Set([...was.document, ...are.document, ...are.branch])) {
      // Who deleted it last, when both did and one took it back, is the rule of undo’s to say.
      if (this.#gone.document.has(one) && this.#gone.branch.has(one)) continue;
      const goes = was.branch.has(one) && !are.branch.has(one);
      const comes = !was.branch.has(one) && are.branch.has(one);
      const expected = are.document.has(one) ? !goes : comes && !this.#gone.document.has(one);
      assert.equal(visible.has(one), expected, `${one} is ${expected ? '' : 'not '}there`);
    }
    for (const side of [now.document, now.branch]) this.#mustKeepOrder(side, merged);
    const runs = blameOf(this.#document.living).flatMap((section) => section.runs);
    for (const { text, author } of runs) {
      for (const one of text) assert.equal(author, this.#authors.get(one), `author of ${one}`);
    }
    assert.equal(markdownOf(replayed(this.#document.events)), this.#document.markdown);
  }
}

const setsOf = ({ document, branch }: Record<Side, readonly string[]>) => ({
  document: new Set(document),
  branch: new Set(branch),
});
