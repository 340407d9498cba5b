import { NONE } from './columns.ts';
import type { Rows, SavedDocument } from './saved-document.ts';

/** Where text came from: elements, and for each the one that it was made of (`NONE`: typed). */
export type Sources = {
  readonly saved: SavedDocument;
  /** By text object. */
  readonly texts: ReadonlyMap<string, Rows>;
  readonly source: Int32Array;
};

/**
 * Where a character stood before anything was cut: its place in the text in which all of it was,
 * and, of one that was typed behind a character that had moved or come back, the text and its place
 * in it, behind that character. It never changes, however often text is moved.
 */
export type FirstPlace = readonly number[];

export type FirstPlaces = {
  readonly of: (row: number) => FirstPlace;
  /** Of a text that a cut made: in front of the first character that it cut off. */
  readonly beginningOf: (object: string) => FirstPlace;
  /** The text that all of it was cut off, at last. */
  readonly rootOf: (object: string) => string;
  readonly compare: (one: FirstPlace, other: FirstPlace) => number;
};

type Text = Rows & {
  readonly object: string;
  /** The first character that a cut brought here; `NONE` in a text that no cut made. */
  readonly first: number;
};

export function firstPlaces(sources: Sources): FirstPlaces {
  const { saved, source } = sources;
  const texts = textsOf(sources);
  const byObject = new Map(texts.map((text) => [text.object, text]));
  const indexOf = new Int32Array(saved.ops.count).fill(NONE);
  texts.forEach(({ start, end }, index) => indexOf.fill(index, start, end));
  const textAround = (row: number): Text => texts[indexOf[row] ?? NONE] ?? nowhere;
  // What comes before the place in a text is the same for all of a word.
  const before = new Map<number, FirstPlace>();

  const of = (row: number): FirstPlace => {
    const typed = typedAs(sources, row);
    const word: number[] = [];
    let at = typed;
    let place = before.get(at);
    while (place === undefined) {
      word.push(at);
      at = elementBehindWhich(saved, at);
      const index = indexOf[typed] ?? NONE;
      const origin = typedAs(sources, at);
      if (indexOf[at] !== index) place = beginningOf(textAround(typed).object);
      else if (origin !== at) place = [...of(origin), A_TEXT - index];
      else place = before.get(at);
    }
    for (const one of word) before.set(one, place);
    return [...place, typed];
  };
  const beginningOf = (object: string): FirstPlace => {
    const { first, start } = byObject.get(object) ?? nowhere;
    if (first === NONE) return [];
    const place = of(first);
    const inFront = (place.at(-1) ?? 0) - IN_FRONT;
    return [...place.slice(0, -1), inFront, A_TEXT - (indexOf[start] ?? NONE)];
  };
  const rootOf = (object: string): string => {
    const { first } = byObject.get(object) ?? nowhere;
    return first === NONE ? object : rootOf(textAround(source[first] ?? NONE).object);
  };

  const compare = (one: FirstPlace, other: FirstPlace): number => {
    const shorter = Math.min(one.length, other.length);
    for (let index = 0; index < shorter; index++) {
      const [left = 0, right = 0] = [one[index], other[index]];
      if (left === right) continue;
      if (left > A_TEXT) return left - right;
      // In front of a character, each cut there was behind what had been typed until then.
      return Number.isInteger(one[index - 1]) ? textsBehind(left, right) : right - left;
    }
    return one.length - other.length;
  };
  /** Behind a character, what was typed where it stood last comes first, as it does in Automerge. */
  const textsBehind = (left: number, right: number): number => {
    const [one, other] = [texts[A_TEXT - left] ?? nowhere, texts[A_TEXT - right] ?? nowhere];
    return compare(beginningOf(other.object), beginningOf(one.object)) || left - right;
  };
  return { of, beginningOf, rootOf, compare };
}

/** Texts count down from here in a place, below all rows. */
const A_TEXT = -2;
const IN_FRONT = 0.5;

const nowhere: Text = { object: '', start: 0, end: 0, first: NONE };

const textsOf = (sources: Sources): readonly Text[] =>
  [...sources.texts].map(([object, { start, end }]) => {
    const first = firstElement(sources, object);
    return { object, start, end, first: (sources.source[first] ?? NONE) === NONE ? NONE : first };
  });

/** A cut writes what it moves right behind the text that it makes: `NONE` for an empty one. */
function firstElement({ saved, texts }: Sources, object: string): number {
  const [counter, actor] = object.split('@');
  const { start, end } = texts.get(object) ?? nowhere;
  for (let row = start; row < end; row++) {
    const isFirst = saved.ops.counter[row] === Number(counter) + 1;
    if (isFirst && saved.actors[saved.ops.actor[row] ?? 0] === actor) return row;
  }
  return NONE;
}

/** The element that the character was typed as. */
export function typedAs({ source }: Pick<Sources, 'source'>, row: number): number {
  let at = row;
  for (let made = source[at] ?? NONE; made !== NONE; made = source[at] ?? NONE) at = made;
  return at;
}

/** What is inserted behind an element comes right behind it, or behind others that did. */
export function elementBehindWhich({ ops }: SavedDocument, row: number): number {
  const [actor, counter] = [ops.keyActor[row], ops.keyCounter[row]];
  if (actor === NONE) return NONE;
  let at = row - 1;
  while (at >= 0 && (ops.counter[at] !== counter || ops.actor[at] !== actor)) at--;
  return at;
}
