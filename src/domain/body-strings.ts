import { Token, Type, type TypeEncoder } from 'cborg';
import { uuidFrom } from './ids.ts';

// Texts that stand in almost every body, in fewer bytes than CBOR has for them. Most bodies are
// small, so that names and ids would be the larger part. Tags: https://www.iana.org/assignments/cbor-tags

const UUID_TAG = 37;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** Bytes that are read as base 16. */
const HEX_TAG = 23;
const HEX = /^(?:[\da-f]{2})+$/;
/** Ids of sections to hashes; shorter ones save nothing. */
const [SHORTEST_HEX, LONGEST_HEX] = [16, 64];

/** The registry has it for nobody. */
const WORD_TAG = 6;
/**
 * By their numbers, for ever: add to the end, never move or remove one. The first 24 take two bytes,
 * those after them three.
 */
const WORDS = [
  'changes',
  'author',
  'at',
  'size',
  'inserted',
  'deleted',
  'sections',
  'group',
  'origin',
  'person',
  'live',
  'title',
  'cuts',
  'change',
  'from',
  'length',
  'before',
  'after',
  'generation',
  'attempt',
  'model',
  'usage',
  'inputTokens',
  'outputTokens',
] as const;
const numberOf: ReadonlyMap<string, number> = new Map(WORDS.map((word, number) => [word, number]));

export const shorterString: TypeEncoder = (text: string) => {
  const word = numberOf.get(text);
  if (word !== undefined) return [new Token(Type.tag, WORD_TAG), new Token(Type.uint, word)];
  if (text.length === 36 && UUID.test(text)) return bytesOf(UUID_TAG, text.replaceAll('-', ''));
  const mayBeHex = text.length >= SHORTEST_HEX && text.length <= LONGEST_HEX;
  return mayBeHex && HEX.test(text) ? bytesOf(HEX_TAG, text) : null;
};

const bytesOf = (tag: number, hex: string): Token[] => [
  new Token(Type.tag, tag),
  new Token(Type.bytes, Buffer.from(hex, 'hex')),
];

/** Indexed by their number, which is how the library wants them. */
export const stringTags = Object.assign([], {
  [UUID_TAG]: (content: () => unknown) => uuidFrom(content() as Uint8Array),
  [HEX_TAG]: (content: () => unknown) => Buffer.from(content() as Uint8Array).toString('hex'),
  [WORD_TAG]: (content: () => unknown) => wordOf(content()),
});

function wordOf(number: unknown): string {
  const word = WORDS[Number(number)];
  // Written by a later version: what it says cannot be guessed.
  if (word === undefined) throw new Error('The body holds a word that is not known here.');
  return word;
}
