import { ChangeSet, type ChangeSpec } from '@codemirror/state';
import { diffWordsWithSpace } from 'diff';
import type { TextSplice } from '#client/text-splices.ts';
import type { SectionMap } from '#web/live/section-map.ts';

/** Splices of sections as changes of their Markdown, and where the sections are then. */
export function changesOf(
  splices: readonly TextSplice[],
  map: SectionMap,
  length: number,
): { readonly changes: ChangeSet; readonly map: SectionMap } {
  let changes = ChangeSet.empty(length);
  for (const splice of splices) {
    const start = map.startOf(splice.section);
    // A section that is not shown.
    if (start === undefined) continue;
    const from = start + splice.at;
    const change = { from, to: from + splice.deleted, insert: splice.inserted };
    changes = changes.compose(ChangeSet.of(change, changes.newLength, '\n'));
    map = map.spliced(splice);
  }
  return { changes, map };
}

/** Beyond so many words the middle is taken for other text. */
const MOST_DIFFERENT = 500;

/**
 * What makes one text the other, where nobody told: word by word, so that cursors in what is the
 * same stay where they are.
 */
export function changesBetween(before: string, after: string): readonly ChangeSpec[] {
  const start = sameAtStart(before, after);
  const end = sameAtEnd(before.slice(start), after.slice(start));
  const old = before.slice(start, before.length - end);
  const now = after.slice(start, after.length - end);
  if (old === '' && now === '') return [];
  const parts = diffWordsWithSpace(old, now, { maxEditLength: MOST_DIFFERENT });
  if (parts === undefined) return [{ from: start, to: start + old.length, insert: now }];
  const changes: ChangeSpec[] = [];
  let at = start;
  for (const { added, removed, value } of parts) {
    if (added) changes.push({ from: at, insert: value });
    else {
      if (removed) changes.push({ from: at, to: at + value.length });
      at += value.length;
    }
  }
  return changes;
}

function sameAtStart(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let count = 0;
  while (count < most && one[count] === other[count]) count++;
  return count;
}

function sameAtEnd(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let count = 0;
  while (count < most && one.at(-1 - count) === other.at(-1 - count)) count++;
  return count;
}
