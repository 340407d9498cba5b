/** A character with its sides: which of them show it. */
export type Shown = {
  readonly text: string;
  readonly base: boolean;
  readonly document: boolean;
  readonly branch: boolean;
  readonly merged: boolean;
};

type Side = Exclude<keyof Shown, 'text'>;

/** What each side made of the same words. */
export type WordsOnSides = Readonly<Record<Side, string>>;

/**
 * Words that both sides changed, or what both typed at one place: neighbours that either side
 * touched are one, so that what came in between two words is told with them.
 */
export function overlappingWords(characters: readonly Shown[]): readonly WordsOnSides[] {
  const isTouched = (side: Side) => (one: Shown) => one[side] !== one.base;
  return touchedByBoth(characters, isTouched('document'), isTouched('branch'))
    .map(sidesOf)
    .filter(isDifferent);
}

/** Not where both sides made the same of the words, and so did the merge. */
const isDifferent = ({ document, branch, merged }: WordsOnSides): boolean =>
  document !== branch || merged !== branch;

/** Neighbouring words that one or the other touched, where both did. */
export function touchedByBoth<Character extends { readonly text: string }>(
  characters: readonly Character[],
  byOne: (character: Character) => boolean,
  byOther: (character: Character) => boolean,
): readonly (readonly Character[])[] {
  const found: Character[][] = [];
  let touched: Character[] = [];
  const end = () => {
    if (touched.some(byOne) && touched.some(byOther)) found.push(touched);
    touched = [];
  };
  for (const word of wordsOf(characters)) {
    if (word.some(byOne) || word.some(byOther)) touched.push(...word);
    else end();
  }
  end();
  return found;
}

const textOn = (characters: readonly Shown[], side: Side): string =>
  characters.map((one) => (one[side] ? one.text : '')).join('');

const sidesOf = (characters: readonly Shown[]): WordsOnSides => ({
  base: textOn(characters, 'base'),
  document: textOn(characters, 'document'),
  branch: textOn(characters, 'branch'),
  merged: textOn(characters, 'merged'),
});

const OF_A_WORD = /[\p{L}\p{N}\p{M}_]/u;

export const isOfWord = (text: string): boolean => OF_A_WORD.test(text);

/** Words, and what stands between them. */
function* wordsOf<Character extends { readonly text: string }>(
  characters: readonly Character[],
): Generator<readonly Character[]> {
  let word: Character[] = [];
  let isWord = false;
  for (const one of characters) {
    const isPart = isOfWord(one.text);
    if (isPart !== isWord && word.length > 0) {
      yield word;
      word = [];
    }
    isWord = isPart;
    word.push(one);
  }
  if (word.length > 0) yield word;
}
