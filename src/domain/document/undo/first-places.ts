import { NONE } from './columns.ts';
import { typedAs } from './links.ts';
import type { SavedDocument } from './saved-document.ts';
import { type Rows, partsOf, rowAbove } from './saved-rows.ts';

/** Where text came from: elements, and for each the one that it was made of (`NONE`: typed). */
export type Sources = {
  readonly saved: SavedDocument;
  /** By text object. */
  readonly texts: ReadonlyMap<string, Rows>;
  readonly source: Int32Array;
};

/**
 * Where a character stood before anything was cut: its place in the text in which all of it was,
 * and, of one that was typed behind a character that had moved or come back, its place behind the
 * element that this was then. It never changes, however often text is moved.
 */
export type FirstPlace = {
  /** Places and elements in turn: what `at` is counted in, mostly the same for a whole text. */
  readonly within: readonly number[];
  readonly at: number;
};

export type FirstPlaces = {
  readonly of: (row: number) => FirstPlace;
  /** Of a text that a cut made: in front of the first character that it cut off. */
  readonly beginningOf: (object: string) => FirstPlace | undefined;
  /** The text that all of it was cut off, at last. */
  readonly rootOf: (object: string) => string;
  /** The beginning of a text that no cut made is in front of everything. */
  readonly compare: (one: FirstPlace | undefined, other: FirstPlace | undefined) => number;
};

type Text = Rows & {
  readonly object: string;
  /** The first character that a cut brought here; `NONE` in a text that no cut made. */
  readonly first: number;
  /** Nothing in it moved or came back, so that its own order says it all. */
  readonly isPlain: boolean;
};

export function firstPlaces(sources: Sources): FirstPlaces {
  const { saved, source } = sources;
  const texts = textsOf(sources);
  const byObject = new Map(texts.map((text) => [text.object, text]));
  const indexOf = new Int32Array(saved.ops.count).fill(NONE);
  texts.forEach(({ start, end }, index) => indexOf.fill(index, start, end));
  const textAround = (row: number): Text => texts[indexOf[row] ?? NONE] ?? nowhere;
  // As long as it gets: an array that grows to the right of a gap is a slow one.
  const knownPlaces = new Map<Text, (FirstPlace['within'] | undefined)[]>();
  const heads = new Map<Text, FirstPlace['within']>();

  const of = (row: number): FirstPlace => {
    const typed = typedAs(source, row);
    return { within: withinFor(typed), at: typed };
  };
  /** Found once for all of a word, which was typed one character behind the other. */
  const withinFor = (typed: number): FirstPlace['within'] => {
    const text = textAround(typed);
    if (text.isPlain) return headOf(text);
    const known = knownPlaces.get(text) ?? Array.from({ length: text.end - text.start });
    knownPlaces.set(text, known);
    const { actors, counters } = saved.ops.allBehind();
    const word: number[] = [];
    let at = typed;
    let within = known[at - text.start];
    while (within === undefined) {
      word.push(at);
      at = rowAbove(saved, at, actors[at], counters[at]);
      if (at < text.start) within = headOf(text);
      else if ((source[at] ?? NONE) === NONE) within = known[at - text.start];
      else within = [...inWhole(of(at)), AN_ELEMENT - at];
    }
    for (const one of word) known[one - text.start] = within;
    return within;
  };
  /** In front of all that a cut brought here. */
  const headOf = (text: Text): FirstPlace['within'] => {
    const beginning = beginningOf(text.object);
    const head = heads.get(text) ?? (beginning ? inWhole(beginning) : []);
    heads.set(text, head);
    return head;
  };
  const beginningOf = (object: string): FirstPlace | undefined => {
    const { first, start } = byObject.get(object) ?? nowhere;
    if (first === NONE) return undefined;
    const { within, at } = of(first);
    return { within: [...within, at - IN_FRONT], at: AN_ELEMENT - start };
  };
  const rootOf = (object: string): string => {
    const { first } = byObject.get(object) ?? nowhere;
    return first === NONE ? object : rootOf(textAround(source[first] ?? NONE).object);
  };

  const compare: FirstPlaces['compare'] = (one, other) => {
    if (!one || !other) return Number(one !== undefined) - Number(other !== undefined);
    if (one.within === other.within) return one.at - other.at;
    const most = Math.min(one.within.length, other.within.length);
    for (let index = 0; index <= most; index++) {
      const [left, right] = [one.within[index] ?? one.at, other.within[index] ?? other.at];
      if (left === right) continue;
      if (left > AN_ELEMENT) return left - right;
      // In front of a character, each cut there was behind what had been typed until then.
      return Number.isInteger(one.within[index - 1]) ? elements(left, right) : right - left;
    }
    return one.within.length - other.within.length;
  };
  /** Of what was typed behind a character, comes first what was where that stood last. */
  const elements = (left: number, right: number): number => {
    const [one, other] = [textAround(AN_ELEMENT - left), textAround(AN_ELEMENT - right)];
    return compare(beginningOf(other.object), beginningOf(one.object)) || left - right;
  };
  return { of, beginningOf, rootOf, compare };
}

/** Rows of elements count down from here in a place, below those that are places themselves. */
const AN_ELEMENT = -2;
const IN_FRONT = 0.5;

const inWhole = ({ within, at }: FirstPlace): readonly number[] => [...within, at];

const nowhere: Text = { object: '', start: 0, end: 0, first: NONE, isPlain: true };

const textsOf = (sources: Sources): readonly Text[] =>
  [...sources.texts].map(([object, { start, end }]) => {
    const row = firstElement(sources, object);
    const first = (sources.source[row] ?? NONE) === NONE ? NONE : row;
    return { object, start, end, first, isPlain: isPlain(sources, start, end) };
  });

function isPlain({ source }: Sources, start: number, end: number): boolean {
  for (let row = start; row < end; row++) if (source[row] !== NONE) return false;
  return true;
}

/** A cut writes what it moves right behind the text that it makes: `NONE` for an empty one. */
function firstElement({ saved, texts }: Sources, object: string): number {
  const [counter, actor] = partsOf(object);
  const { start, end } = texts.get(object) ?? nowhere;
  for (let row = start; row < end; row++) {
    const isFirst = saved.ops.counter[row] === counter + 1;
    if (isFirst && saved.actors[saved.ops.actor[row] ?? 0] === actor) return row;
  }
  return NONE;
}
