import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Automerge from '@automerge/automerge';
import { generateKeyBetween } from 'fractional-indexing';
import type { Edit } from '#domain/document/edits.ts';
import { settled } from '#domain/document/live-content.ts';
import { baseOf, sectionsOf, titleOf } from '#domain/document/reading.ts';
import type { SectionId } from '#domain/ids.ts';
import { type WrittenDocument, bob, written } from '#test/support/document.ts';
import { type Random, seededRandom } from '#test/support/random.ts';

// What an edit with `baseRevision` does must be what a live client would have done that made the
// same edits offline and came back: the other replica here is a real Automerge document, written
// through Automerge's own JavaScript API.

type Shape = {
  title: Automerge.ImmutableString;
  sections: Record<string, { order: Automerge.ImmutableString; present: boolean; text: string }>;
  pad?: string;
};
type Replica = Automerge.Doc<Shape>;

const valueOf = (text: Automerge.ImmutableString) => text.toString();

function inOrder(replica: Replica) {
  return Object.entries(replica.sections)
    .map(([id, { order, present, text }]) => ({ id, order: valueOf(order), present, text }))
    .sort((a, b) => (a.order < b.order || (a.order === b.order && a.id < b.id) ? -1 : 1));
}
const present = (replica: Replica) => inOrder(replica).filter((section) => section.present);
const markdown = (replica: Replica) =>
  present(replica)
    .map(({ text }) => text)
    .join('');

/** Whose inserts come to stand left of concurrent ones at the same place: Lamport clock far ahead. */
function replicaOf(document: WrittenDocument): Replica {
  const empty = Automerge.init<Shape>({ actor: 'ff'.repeat(16) });
  const [replica] = Automerge.applyChanges(empty, document.changes);
  return Automerge.change(replica, (draft) => {
    draft.pad = 'x'.repeat(5_000);
  });
}

type Scope = readonly { readonly id: string; readonly text: string }[];

/** Section and offset of the unit at `at`, or of the end of the section it is the end of. */
function placeIn(scope: Scope, at: number, side: 'left' | 'right') {
  let left = at;
  for (const { id, text } of scope) {
    if (side === 'left' ? left <= text.length : left < text.length) return { id, at: left };
    left -= text.length;
  }
  return assert.fail('an offset in the text');
}

/** The edit as a client would make it, straight on its replica. `taken`: places it must not meet. */
function applied(replica: Replica, edit: Edit, taken: readonly string[]): Replica {
  const sections = present(replica);
  const scope =
    'section' in edit && edit.section ? sections.filter(({ id }) => id === edit.section) : sections;
  const placeAfter = (after: string | null) => {
    const orders = [...taken, ...inOrder(replica).map(({ order }) => order)];
    const lower = after === null ? null : valueOf(replica.sections[after]!.order);
    const upper = orders.filter((order) => lower === null || order > lower).toSorted()[0];
    return new Automerge.ImmutableString(generateKeyBetween(lower, upper ?? null));
  };

  return Automerge.change(replica, (draft) => {
    const insert = (place: { id: string; at: number }, text: string) =>
      Automerge.splice(draft, ['sections', place.id, 'text'], place.at, 0, text);
    const remove = (at: number, count: number) => {
      let start = 0;
      for (const { id, text } of scope) {
        const from = Math.max(at, start);
        const to = Math.min(at + count, start + text.length);
        if (from < to) Automerge.splice(draft, ['sections', id, 'text'], from - start, to - from);
        start += text.length;
      }
    };
    switch (edit.type) {
      case 'insertText':
        return insert(placeIn(scope, edit.at, 'left'), edit.text);
      case 'deleteText':
        return remove(edit.at, edit.count);
      case 'replaceText': {
        const text = scope.map((section) => section.text).join('');
        const { prefix, removed, typed } = difference(edit.find, edit.with);
        const at = text.indexOf(edit.find) + prefix;
        const place = placeIn(scope, at, removed === 0 && prefix > 0 ? 'left' : 'right');
        remove(at, removed);
        return insert(place, typed);
      }
      case 'insertSection':
        draft.sections[`f${Object.keys(draft.sections).length}`.padEnd(16, '0')] = {
          order: placeAfter(edit.after),
          present: true,
          text: edit.text,
        };
        return undefined;
      case 'moveSection':
        draft.sections[edit.section]!.order = placeAfter(edit.after);
        return undefined;
      case 'deleteSection':
        draft.sections[edit.section]!.present = false;
        return undefined;
      case 'setTitle':
        draft.title = new Automerge.ImmutableString(edit.title);
        return undefined;
      // A cut drops and adds no character, so readers cannot tell that it happened.
      case 'splitSection':
        return undefined;
    }
  });
}

function difference(find: string, other: string) {
  const [old, now] = [Array.from(find), Array.from(other)];
  let start = 0;
  while (start < Math.min(old.length, now.length) && old[start] === now[start]) start++;
  let end = 0;
  const most = Math.min(old.length, now.length) - start;
  while (end < most && old.at(-1 - end) === now.at(-1 - end)) end++;
  const middle = (text: string[]) => text.slice(start, text.length - end).join('');
  return {
    prefix: old.slice(0, start).join('').length,
    removed: middle(old).length,
    typed: middle(now),
  };
}

/** Few different characters, so that comparing texts could not tell which one is new. */
const someText = (random: Random, most: number) =>
  Array.from(
    { length: 1 + random.below(most) },
    () => ['a', 'b', '😀', '\n'][random.below(4)],
  ).join('');

const boundary = (text: string, at: number) =>
  at > 0 && at < text.length && text.codePointAt(at - 1)! > 0xffff ? at - 1 : at;

function someEdit(random: Random, sections: Scope, isNew = (_id: string) => false): Edit {
  // Nobody knows the ids of sections that the server is yet to make.
  const known = sections.filter(({ id }) => !isNew(id));
  const section = known[random.below(known.length)];
  const dice = random.below(20);
  if (section && dice === 0) return { type: 'deleteSection', section: section.id as SectionId };
  if (section && dice === 1) return someMove(random, sections, known, section.id);
  if (dice === 2) return { type: 'setTitle', title: someText(random, 3) };
  if (dice === 3) {
    const after = (section?.id ?? null) as SectionId | null;
    return { type: 'insertSection', after, text: someText(random, 5) };
  }
  if (section && dice < 10) return someTextEdit(random, section.text, section.id as SectionId);
  return someTextEdit(random, sections.map(({ text }) => text).join(''));
}

function someMove(random: Random, sections: Scope, known: Scope, id: string): Edit {
  const others = known.filter((other) => other.id !== id);
  const after = others[random.below(others.length + 1) - 1]?.id ?? null;
  const index = sections.findIndex((section) => section.id === id);
  // Moving to where it is already is no edit, for us and for a client.
  if (after === (sections[index - 1]?.id ?? null)) return { type: 'setTitle', title: 'moved' };
  const section = id as SectionId;
  return { type: 'moveSection', section, after: after as SectionId | null };
}

function someTextEdit(random: Random, text: string, section?: SectionId): Edit {
  const where = section && { section };
  const at = boundary(text, random.below(text.length + 1));
  const end = boundary(text, Math.min(text.length, at + 1 + random.below(5)));
  if (end > at && random.below(3) === 0)
    return { type: 'deleteText', ...where, at, count: end - at };
  const find = text.slice(at, end);
  if (find !== '' && text.indexOf(find) === text.lastIndexOf(find) && random.below(3) === 0) {
    return { type: 'replaceText', ...where, find, with: someText(random, 4) };
  }
  return { type: 'insertText', ...where, at, text: someText(random, 4) };
}

/** Concurrent edits of both sides, `rounds` times; answers how many there were. */
function compare(random: Random, rounds: number): number {
  const document = someDocument(random);
  let count = 0;
  for (let round = 0; round < rounds; round++) {
    const base = baseOf(document.living, document.revision);
    let replica = replicaOf(document);
    for (let left = random.below(6); left > 0; left--, count++) {
      document.edit(someEdit(random, sectionsOf(document.living)));
    }
    const theirs = document.changes;
    const taken = settled(document.living.content).sections.map(({ order }) => order);
    const edits: Edit[] = [];
    for (let left = 1 + random.below(4); left > 0; left--) {
      const seen = present(replica);
      const edit = someEdit(random, seen, (id) => !base.sections.some((known) => known.id === id));
      if (seen.length === 0) continue;
      edits.push(edit);
      replica = applied(replica, edit, taken);
      count++;
    }
    document.do({ type: 'EditDocument', edits, base }, bob);

    const [merged] = Automerge.applyChanges(replica, theirs);
    assert.equal(document.markdown, markdown(merged), JSON.stringify(edits));
    assert.equal(titleOf(document.living), valueOf(merged.title));
  }
  return count;
}

const someDocument = (random: Random) =>
  written(`${someText(random, 20)}\n# ${someText(random, 20)}\n# ${someText(random, 9)}`);

const SEED = Number(process.env['SEED'] ?? 20_260_131);

test('10,000 edits on an older revision lead to what two Automerge replicas merge to', () => {
  const random = seededRandom(SEED);
  let count = 0;
  while (count < 10_000) count += compare(random, 10);
});

test('sections that were cut meanwhile are followed: the text is as if they had not been', () => {
  const random = seededRandom(SEED + 1);
  for (let trial = 0; trial < 1_000; trial++) {
    const seed = random.below(2 ** 31);
    const [cut, whole] = [someDocument(seededRandom(seed)), someDocument(seededRandom(seed))];
    const base = baseOf(cut.living, cut.revision);
    let replica = replicaOf(whole);
    for (let left = 1 + random.below(8); left > 0; left--) {
      const split = someSplit(random, sectionsOf(cut.living));
      if (split && random.below(2) === 0) cut.edit(split);
      else {
        const edit = someTextEdit(random, cut.markdown);
        cut.edit(edit);
        whole.edit(edit);
      }
    }
    const edits: Edit[] = [];
    const uncut = new Set<string>(base.sections.map(({ id }) => id));
    for (let left = 1 + random.below(4); left > 0; left--) {
      const seen = present(replica);
      const split = someSplit(random, seen);
      if (split && random.below(3) === 0 && uncut.delete(split.section)) edits.push(split);
      else {
        const edit = someTextEdit(random, markdown(replica));
        edits.push(edit);
        replica = applied(replica, edit, []);
        // Its end may now be at another place, as the request sees it.
        uncut.clear();
      }
    }
    cut.do({ type: 'EditDocument', edits, base }, bob);
    const [merged] = Automerge.applyChanges(replica, whole.changes);
    assert.equal(cut.markdown, markdown(merged), JSON.stringify(edits));
  }
});

test('what was typed beside deleted text before a cut stays left of what is typed behind that text', () => {
  const document = written('abc');
  const base = baseOf(document.living, document.revision);
  document.edit({ type: 'deleteText', at: 1, count: 1 });
  document.edit({ type: 'splitSection', section: document.section(0), at: 1 });
  document.edit({ type: 'insertText', at: 1, text: 'X' });
  document.do(
    { type: 'EditDocument', edits: [{ type: 'insertText', at: 2, text: 'Y' }], base },
    bob,
  );
  assert.equal(document.markdown, 'aXYc');
});

function someSplit(random: Random, sections: Scope) {
  const long = sections.filter(({ text }) => text.length > 1);
  const section = long[random.below(long.length)];
  if (!section) return undefined;
  const at = boundary(section.text, random.below(section.text.length));
  return { type: 'splitSection', section: section.id as SectionId, at } as const;
}
