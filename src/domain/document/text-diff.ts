import { diffLines, diffWordsWithSpace } from 'diff';

/** Beyond so many differences, comparing word by word costs more than it tells. */
const MOST_DIFFERENCES = 2_000;

export type TextPart = { readonly kind: 'same' | 'inserted' | 'deleted'; readonly text: string };

/** What became of a text, word by word; line by line or as a whole where too little is the same. */
export function compareTexts(old: string, now: string): readonly TextPart[] {
  if (old === now) return old === '' ? [] : [{ kind: 'same', text: old }];
  const limit = { maxEditLength: MOST_DIFFERENCES };
  const parts = diffWordsWithSpace(old, now, limit) ?? diffLines(old, now, limit);
  if (parts === undefined) return replaced(old, now);
  return parts.map(({ added, removed, value }) => ({
    kind: added ? 'inserted' : removed ? 'deleted' : 'same',
    text: value,
  }));
}

const replaced = (old: string, now: string): readonly TextPart[] =>
  [{ kind: 'deleted', text: old } as const, { kind: 'inserted', text: now } as const].filter(
    ({ text }) => text !== '',
  );

export type Replacement = { readonly at: number; readonly count: number; readonly text: string };

/** The differences as replacements, at positions of the old text, from left to right. */
export function replacements(old: string, now: string): readonly Replacement[] {
  const found: Replacement[] = [];
  let at = 0;
  for (const { kind, text } of compareTexts(old, now)) {
    if (kind === 'inserted') found.push({ at, count: 0, text });
    if (kind === 'deleted') found.push({ at, count: text.length, text: '' });
    if (kind !== 'inserted') at += text.length;
  }
  return found;
}
