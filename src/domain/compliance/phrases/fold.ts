// How texts and deny lists are made comparable. One code point at a time, so that a text which is
// cut anywhere folds to the same: NFKD of each (which takes ligatures, full width and styled letters
// apart), case folded; what is invisible is left out; letters of other alphabets that look like
// Latin ones can be read as those.

/** One code point, folded. */
export type Folded = {
  /** `''` for what is left out: zero-width characters, soft hyphens, variation selectors. */
  readonly plain: string;
  /** The same with look-alikes read as Latin. */
  readonly latin: string;
  /** Belongs to a word, so a phrase must not begin or end beside it. */
  readonly isWord: boolean;
  /** Of a script that is written without spaces between words: every place may be a boundary. */
  readonly isUnspaced: boolean;
  /** Changes the character before it. */
  readonly isMark: boolean;
};

const IGNORED = /^\p{Default_Ignorable_Code_Point}$/u;
const SPACE = /^\s$/u;
const WORD = /^[\p{L}\p{N}\p{M}_]$/u;
const MARK = /^\p{M}$/u;
const UNSPACED =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;

/** After folding, so in small letters. Only what is taken for a Latin letter at a glance. */
const lookAlikes: ReadonlyMap<string, string> = new Map(
  `
    аa еe оo рp сc уy хx іi ѕs јj һh ԁd ԛq ԝw кk мm тt вb нh αa οo ρp νv ιi κk υu χx εe τt
    ոn ցg օo սu հh ɡg ıi ⅼl`
    .trim()
    .split(/\s+/)
    .map((pair) => [pair[0]!, pair[1]!]),
);

const fullFold = (text: string): string =>
  text.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD');

function foldAnew(character: string): Folded {
  const isMark = MARK.test(character);
  const kind = {
    isMark,
    isWord: WORD.test(character),
    isUnspaced: UNSPACED.test(character),
  };
  if (IGNORED.test(character)) return { ...kind, plain: '', latin: '' };
  if (SPACE.test(character)) return { ...kind, plain: ' ', latin: ' ' };
  const plain = fullFold(character);
  const latin = plain.replace(/./gsu, (one) => lookAlikes.get(one) ?? one);
  return { ...kind, plain, latin };
}

/** A text of many scripts must not grow this without bound. */
const MOST_KNOWN = 20_000;
const known = new Map<number, Folded>();

export function fold(codePoint: number): Folded {
  const before = known.get(codePoint);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const folded = foldAnew(String.fromCodePoint(codePoint));
  known.set(codePoint, folded);
  return folded;
}

/** A whole phrase, with runs of spaces as one. */
export function foldText(text: string): { readonly plain: string; readonly latin: string } {
  let plain = '';
  let latin = '';
  for (const character of text.trim()) {
    const folded = fold(character.codePointAt(0)!);
    if (folded.plain === ' ' && plain.endsWith(' ')) continue;
    plain += folded.plain;
    latin += folded.latin;
  }
  return { plain, latin };
}
