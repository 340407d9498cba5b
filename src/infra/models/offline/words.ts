/** Sentences by the rules of Unicode (UAX 29), trimmed; a heading or list item is one as well. */
export function sentencesOf(text: string): string[] {
  const segments = new Intl.Segmenter('en', { granularity: 'sentence' });
  return text
    .split(/\n+/)
    .map((line) => line.replace(/^\s*(?:#+|[-*>]|\d+\.)\s+/, ''))
    .flatMap((line) => Array.from(segments.segment(line)))
    .map(({ segment }) => segment.trim())
    .filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
}

const LONGEST_STEM = 7;
/** In nearly every English sentence or question, and about nothing. */
const emptyWords = new Set(
  (
    'a an and are as at be been but by can could did do does for from had has have how i in is it ' +
    'its me my not of on or our please she he so tell than that the their them then there these ' +
    'they this to was we were what when where which who whom why will with would you your about'
  ).split(' '),
);

/**
 * What a sentence is about: its words without endings, roughly, in any language whose words have
 * letters. `eats` and `eat`, `provider` and `providers` are one word.
 */
export function termsOf(sentence: string): string[] {
  const words = sentence.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.filter((word) => !emptyWords.has(word)).map(stemOf);
}

const stemOf = (word: string): string =>
  (word.length > 3 ? word.replace(/(?:'s|es|s)$/u, '') : word).slice(0, LONGEST_STEM);
