import type { TakenChoice } from '#domain/document/events.ts';
import { textComparison } from '#domain/document/text-diff.ts';
import { Rejected } from '#domain/rejected.ts';

/** One difference between a text and what is suggested instead of it; `at` is of the former. */
export type Hunk = { readonly at: number; readonly removed: string; readonly inserted: string };

/** The differences word by word, from left to right: the parts that can be accepted one by one. */
export function hunksOf(quoted: string, replacement: string): readonly Hunk[] {
  const hunks: Hunk[] = [];
  let at = 0;
  let isOpen = false;
  for (const { kind, text } of textComparison()(quoted, replacement)) {
    if (kind === 'same') {
      at += text.length;
      isOpen = false;
      continue;
    }
    const last = isOpen ? hunks.pop() : undefined;
    const { removed, inserted, at: from } = last ?? { removed: '', inserted: '', at };
    if (kind === 'inserted') hunks.push({ at: from, removed, inserted: inserted + text });
    else {
      hunks.push({ at: from, removed: removed + text, inserted });
      at += text.length;
    }
    isOpen = true;
  }
  return hunks;
}

/** What somebody takes of a suggestion: all of it, some parts, or a text of their own. */
export function chosenHunks(
  quoted: string,
  replacement: string,
  { parts, text }: TakenChoice,
): readonly Hunk[] {
  const hunks = hunksOf(quoted, text ?? replacement);
  if (parts === undefined) return hunks;
  const beyond = parts.find((part) => part >= hunks.length);
  if (beyond !== undefined) {
    throw new Rejected('suggestion/no-such-part', { part: beyond, parts: hunks.length });
  }
  return hunks.filter((_, index) => parts.includes(index));
}

/** What the text becomes with these of its differences. */
export function withHunks(quoted: string, hunks: readonly Hunk[]): string {
  return hunks.reduceRight(
    (text, { at, removed, inserted }) =>
      text.slice(0, at) + inserted + text.slice(at + removed.length),
    quoted,
  );
}
