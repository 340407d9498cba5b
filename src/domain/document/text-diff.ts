import { type Change, diffLines, diffWordsWithSpace } from 'diff';

/** Beyond so many differences, comparing a text word by word costs more than it tells. */
const MOST_DIFFERENCES = 2_000;
/** What is always tried, however much was spent before: it costs next to nothing. */
const LEAST_DIFFERENCES = 50;
/** Finding differences costs the square of their number: about 100 ns each, and nobody else is served. */
const EFFORT = 6_000_000;

export type TextPart = { readonly kind: 'same' | 'inserted' | 'deleted'; readonly text: string };

/**
 * What became of a text, word by word; line by line or as a whole where too little is the same.
 */
export type CompareTexts = (old: string, now: string) => readonly TextPart[];

/** Compares the texts of one document, whose differences together take no more than `EFFORT`. */
export function textComparison(): CompareTexts {
  let left = EFFORT;
  const within = (compare: typeof diffWordsWithSpace, old: string, now: string) => {
    const maxEditLength = Math.min(
      MOST_DIFFERENCES,
      Math.max(LEAST_DIFFERENCES, Math.floor(Math.sqrt(left))),
    );
    const changes = compare(old, now, { maxEditLength });
    left = Math.max(0, left - (changes === undefined ? maxEditLength : differences(changes)) ** 2);
    return changes;
  };
  return (old, now) => {
    if (old === now) return old === '' ? [] : [{ kind: 'same', text: old }];
    if (old === '' || now === '') return replaced(old, now);
    const changes = within(diffWordsWithSpace, old, now) ?? within(diffLines, old, now);
    return changes?.map(partOf) ?? replaced(old, now);
  };
}

const differences = (changes: readonly Change[]) =>
  changes.reduce((sum, { added, removed, count }) => sum + (added || removed ? count : 0), 0);

const partOf = ({ added, removed, value }: Change): TextPart => ({
  kind: added ? 'inserted' : removed ? 'deleted' : 'same',
  text: value,
});

const replaced = (old: string, now: string): readonly TextPart[] =>
  [{ kind: 'deleted', text: old } as const, { kind: 'inserted', text: now } as const].filter(
    ({ text }) => text !== '',
  );

export type Replacement = { readonly at: number; readonly count: number; readonly text: string };

/** The differences as replacements, at positions of the old text, from left to right. */
export function replacements(parts: readonly TextPart[]): readonly Replacement[] {
  const found: Replacement[] = [];
  let at = 0;
  for (const { kind, text } of parts) {
    if (kind === 'inserted') found.push({ at, count: 0, text });
    if (kind === 'deleted') found.push({ at, count: text.length, text: '' });
    if (kind !== 'inserted') at += text.length;
  }
  return found;
}
