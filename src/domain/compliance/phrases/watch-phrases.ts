import { LONGEST_HELD, type Sighting, type Watch } from '#domain/compliance/matching/watch.ts';
import { type Folded, fold } from './fold.ts';
import type { Phrase, PhraseList } from './phrase-list.ts';

/** One unit of the folded text: the code point that it came from, and whether it begins with it. */
type Unit = {
  readonly start: number;
  readonly plain: string;
  readonly isFirst: boolean;
  /** What stood before. */
  readonly before: Folded | undefined;
};

/** A phrase was read, and what comes next says whether it is a word of its own. */
type Candidate = { readonly phrase: Phrase; readonly start: number; readonly end: number };

/**
 * Reads a text code point by code point, so what is found does not depend on how it was cut. A
 * phrase that is stretched over more than `LONGEST_HELD` units by invisible characters is none.
 */
export function watchPhrases({ phrases, tree }: PhraseList): Watch {
  let node = 0;
  /** The units of what the tree has in mind, newest last. */
  let units: Unit[] = [];
  let candidates: Candidate[] = [];
  let previous: Folded | undefined;
  let read = 0;
  /** The first half of a surrogate pair, whose other half is in the next piece. */
  let half: number | undefined;

  /** Forgets beginnings that are too long ago, and the units of those that came to nothing. */
  const forget = (): void => {
    while (node !== 0 && read - units[units.length - tree.depthOf(node)]!.start >= LONGEST_HELD) {
      node = tree.fallback(node);
    }
    const depth = tree.depthOf(node);
    // Cut now and then only: each cut is a copy.
    if (depth === 0) units.length = 0;
    else if (units.length > depth + LONGEST_HELD) units = units.slice(units.length - depth);
  };

  const candidatesAt = (end: number): void => {
    for (const index of tree.endingAt(node)) {
      const phrase = phrases[index]!;
      const first = units.length - phrase.latin.length;
      const unit = units[first];
      if (unit === undefined || !unit.isFirst || !isOwn(phrase, units, first)) continue;
      if (phrase.needsStart && unit.before?.isWord === true && !unit.before.isUnspaced) continue;
      candidates.push({ phrase, start: unit.start, end });
    }
  };

  const decide = (next: Folded | undefined): Sighting[] => {
    const sure = candidates.filter(({ phrase }) => endsBefore(phrase, next));
    candidates = [];
    return sure.map(({ phrase, start, end }) => ({ rule: phrase.rule, start, end }));
  };

  const readOne = (codePoint: number, length: number, sightings: Sighting[]): void => {
    const start = read;
    read += length;
    const folded = fold(codePoint);
    const isRepeatedSpace = folded.plain === ' ' && previous?.plain === ' ';
    if (folded.plain === '' || isRepeatedSpace) {
      const [oldest] = candidates;
      if (oldest !== undefined && read - oldest.start >= LONGEST_HELD) {
        sightings.push(...decide(undefined));
      }
      forget();
      return;
    }
    if (candidates.length > 0) sightings.push(...decide(folded));
    for (let index = 0; index < folded.latin.length; index += 1) {
      node = tree.step(node, folded.latin.charCodeAt(index));
      // What begins no phrase is not remembered: in most texts that is nearly all.
      if (node === 0) units.length = 0;
      else {
        const plain = folded.plain[index] ?? '';
        units.push({ start, plain, isFirst: index === 0, before: previous });
      }
    }
    forget();
    if (node !== 0) candidatesAt(read);
    previous = folded;
  };

  const readPiece = (piece: string): Sighting[] => {
    const sightings: Sighting[] = [];
    const text = half === undefined ? piece : String.fromCharCode(half) + piece;
    half = undefined;
    for (let index = 0; index < text.length;) {
      const code = text.charCodeAt(index);
      if (index === text.length - 1 && code >= 0xd800 && code < 0xdc00) {
        half = code;
        break;
      }
      const codePoint = text.codePointAt(index)!;
      const length = codePoint > 0xffff ? 2 : 1;
      readOne(codePoint, length, sightings);
      index += length;
    }
    return sightings;
  };

  return {
    next: readPiece,
    end: () => {
      const sightings: Sighting[] = [];
      if (half !== undefined) readOne(half, 1, sightings);
      half = undefined;
      sightings.push(...decide(undefined));
      node = 0;
      units.length = 0;
      return sightings;
    },
    decidedTo: () => {
      const depth = tree.depthOf(node);
      const begun = depth === 0 ? read : units[units.length - depth]!.start;
      return Math.min(begun, ...candidates.map(({ start }) => start));
    },
  };
}

/** The phrase itself, or one that mixes alphabets to look like it: a word that is all Russian is a Russian word. */
function isOwn({ plain }: Phrase, units: readonly Unit[], first: number): boolean {
  let text = '';
  for (let index = first; index < units.length; index += 1) text += units[index]!.plain;
  return text === plain || (/[a-z]/.test(text) && !/^[a-z0-9\s\p{P}]*$/u.test(text));
}

function endsBefore({ needsEnd }: Phrase, next: Folded | undefined): boolean {
  if (next === undefined) return true;
  if (next.isMark) return false;
  return !needsEnd || !next.isWord || next.isUnspaced;
}
