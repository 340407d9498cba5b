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
  const found: WordsOnSides[] = [];
  let touched: Shown[] = [];
  const end = () => {
    if (isTouched(touched, 'document') && isTouched(touched, 'branch')) {
      const words = sidesOf(touched);
      if (words.document !== words.branch || words.merged !== words.branch) found.push(words);
    }
    touched = [];
  };
  for (const word of wordsOf(characters)) {
    if (isTouched(word, 'document') || isTouched(word, 'branch')) touched.push(...word);
    else end();
  }
  end();
  return found;
}

const isTouched = (characters: readonly Shown[], side: Side): boolean =>
  characters.some((one) => one[side] !== one.base);

const textOn = (characters: readonly Shown[], side: Side): string =>
  characters.map((one) => (one[side] ? one.text : '')).join('');

const sidesOf = (characters: readonly Shown[]): WordsOnSides => ({
  base: textOn(characters, 'base'),
  document: textOn(characters, 'document'),
  branch: textOn(characters, 'branch'),
  merged: textOn(characters, 'merged'),
});

const OF_A_WORD = /[\p{L}\p{N}\p{M}_]/u;

/** Words, and what stands between them. */
function* wordsOf(characters: readonly Shown[]): Generator<readonly Shown[]> {
  let word: Shown[] = [];
  let isWord = false;
  for (const one of characters) {
    const isOfWord = OF_A_WORD.test(one.text);
    if (isOfWord !== isWord && word.length > 0) {
      yield word;
      word = [];
    }
    isWord = isOfWord;
    word.push(one);
  }
  if (word.length > 0) yield word;
}
