import { Rejected } from '#domain/rejected.ts';
import type { SectionId } from '#domain/ids.ts';
import { isInsideCharacter } from './cutting.ts';
import {
  type Draft,
  type Part,
  addParts,
  deleteAt,
  insertAt,
  presentPart,
  presentParts,
  textOfPart,
} from './draft.ts';
import type { EditOf } from './edits.ts';

type Place = { readonly part: Part; readonly at: number };

export function insertText(draft: Draft, { section, at, text }: EditOf<'insertText'>): void {
  if (section === undefined && presentParts(draft).length === 0 && at === 0) {
    addParts(draft, draft.parts.at(-1) ?? null, [text]);
    return;
  }
  const place = endingAt(scope(draft, section), at);
  mustNotTearCharacter(draft, place);
  insertAt(draft, place.part, place.at, text);
}

export function deleteText(draft: Draft, { section, at, count }: EditOf<'deleteText'>): void {
  const parts = scope(draft, section);
  const ranges = rangesOf(parts, at, count);
  for (const range of ranges) {
    mustNotTearCharacter(draft, range);
    mustNotTearCharacter(draft, { part: range.part, at: range.at + range.count });
  }
  for (const { part, at, count } of ranges) deleteAt(draft, part, at, count);
}

/** Only what differs between `find` and `with` is typed and deleted, so that the rest keeps its authors. */
export function replaceText(draft: Draft, edit: EditOf<'replaceText'>): void {
  const parts = scope(draft, edit.section);
  const text = parts.map((part) => textOfPart(draft, part)).join('');
  const found = text.indexOf(edit.find);
  if (found < 0) throw new Rejected('edit/not-found');
  if (text.includes(edit.find, found + 1)) throw new Rejected('edit/ambiguous');

  const [prefix, suffix] = commonEnds(edit.find, edit.with);
  const at = found + prefix;
  const count = edit.find.length - prefix - suffix;
  const typed = edit.with.slice(prefix, edit.with.length - suffix);
  const ranges = count > 0 ? rangesOf(parts, at, count) : [];
  const place = ranges[0] ?? (prefix > 0 ? endingAt(parts, at) : beginningAt(parts, at));
  mustNotTearCharacter(draft, place);
  for (const range of ranges) deleteAt(draft, range.part, range.at, range.count);
  insertAt(draft, place.part, place.at, typed);
}

const scope = (draft: Draft, section: SectionId | undefined): readonly Part[] =>
  section === undefined ? presentParts(draft) : [presentPart(draft, section)];

/** Where an insertion at `at` belongs: between two sections, at the end of the left one. */
function endingAt(parts: readonly Part[], at: number): Place {
  let left = at;
  for (const part of parts) {
    if (left <= part.length) return { part, at: left };
    left -= part.length;
  }
  throw outOfRange(parts, at);
}

/** The place of the unit at `at`. */
function beginningAt(parts: readonly Part[], at: number): Place {
  let left = at;
  for (const part of parts) {
    if (left < part.length) return { part, at: left };
    left -= part.length;
  }
  throw outOfRange(parts, at);
}

function rangesOf(parts: readonly Part[], from: number, count: number) {
  const ranges: { part: Part; at: number; count: number }[] = [];
  let start = 0;
  for (const part of parts) {
    const at = Math.max(from, start);
    const end = Math.min(from + count, start + part.length);
    if (at < end) ranges.push({ part, at: at - start, count: end - at });
    start += part.length;
  }
  if (from + count > start) throw outOfRange(parts, from + count);
  return ranges;
}

function outOfRange(parts: readonly Part[], at: number): Rejected {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return new Rejected('edit/out-of-range', { at, length });
}

export function mustNotTearCharacter(draft: Draft, { part, at }: Place): void {
  if (isInsideCharacter(textOfPart(draft, part), at)) {
    throw new Rejected('edit/inside-character', { at });
  }
}

/** How much two texts have in common at their beginnings and ends, in whole characters. */
function commonEnds(one: string, other: string): readonly [prefix: number, suffix: number] {
  const most = Math.min(one.length, other.length);
  let prefix = 0;
  while (prefix < most && one[prefix] === other[prefix]) prefix++;
  if (isInsideCharacter(one, prefix) || isInsideCharacter(other, prefix)) prefix--;
  let suffix = 0;
  while (suffix < most - prefix && one.at(-1 - suffix) === other.at(-1 - suffix)) suffix++;
  const torn =
    isInsideCharacter(one, one.length - suffix) || isInsideCharacter(other, other.length - suffix);
  return [prefix, torn ? suffix - 1 : suffix];
}
