import { NO, OPEN, type Window, holds } from './reader.ts';
import { LAST, STOP, type Shape } from './shape.ts';
import { LONGEST_HELD, type Sighting, type Watch } from './watch.ts';

type Watched = {
  readonly rule: number;
  readonly shape: Shape;
  /** No new sighting starts before: sightings of one rule do not overlap. */
  readFrom: number;
  /** Of the rest that is being read, if one is. */
  rest: number | undefined;
};

/** Shapes by the first two characters of what they begin with, and by the first alone. */
export type ShapeIndex = ReadonlyMap<number, readonly number[]>;

const none: readonly number[] = [];
const FIRST_ONLY = 0;
const keyOf = (first: number, second: number): number => first * 0x10000 + second;

export function indexShapes(shapes: readonly Shape[]): ShapeIndex {
  const index = new Map<number, Set<number>>();
  const put = (rule: number, first: number, second: number) => {
    const key = keyOf(first, second);
    index.set(key, (index.get(key) ?? new Set()).add(rule));
  };
  for (const [rule, { begins, anyCase }] of shapes.entries()) {
    for (const word of begins) {
      for (const first of casesOf(word.charAt(0), anyCase)) {
        put(rule, first, FIRST_ONLY);
        for (const second of casesOf(word.charAt(1), anyCase)) put(rule, first, second);
      }
    }
  }
  return new Map([...index].map(([key, rules]) => [key, [...rules]]));
}

const casesOf = (letter: string, anyCase = false): number[] =>
  [letter, ...(anyCase ? [letter.toUpperCase()] : [])].map((one) => one.charCodeAt(0));

/** Which shapes could begin here: the last character may be the first of many. */
const rulesAt = (index: ShapeIndex, text: string, at: number): readonly number[] => {
  const second = at + 1 < text.length ? text.charCodeAt(at + 1) : FIRST_ONLY;
  return index.get(keyOf(text.charCodeAt(at), second)) ?? none;
};

/** Reads a text for every shape in one pass, each from left to right. */
export function watchShapes(shapes: readonly Shape[], index: ShapeIndex): Watch {
  const watched = shapes.map((shape, rule): Watched => ({
    rule,
    shape,
    readFrom: 0,
    rest: undefined,
  }));
  /** From `base` of the text: what may be looked at again, and one character before it. */
  let text = '';
  let base = 0;
  /** Where the first place is that is still open: it is tried again with what comes. */
  let cursor = 0;

  const read = (isEnd: boolean): Sighting[] => {
    const sightings: Sighting[] = [];
    const waiting = new Set<Watched>();
    let open = base + text.length;
    for (const one of watched) {
      if (one.rest !== undefined) sightings.push(...readRest(one, text, base));
    }
    const from = cursor - base;
    for (let at = from; at < text.length; at += 1) {
      for (const rule of rulesAt(index, text, at)) {
        const one = watched[rule]!;
        if (base + at < one.readFrom || one.rest !== undefined || waiting.has(one)) continue;
        const found = attempt(one.shape, text, at, isEnd);
        if (found.start === NO) continue;
        if (found.end === OPEN) {
          waiting.add(one);
          open = Math.min(open, base + at);
          continue;
        }
        sightings.push({ rule, start: base + found.start, end: base + found.end });
        one.readFrom = base + found.end;
        if (one.shape.rest === undefined) continue;
        one.rest = 0;
        sightings.push(...readRest(one, text, base));
      }
    }
    cursor = open;
    const kept = Math.max(0, cursor - base - 1);
    text = text.slice(kept);
    base += kept;
    return sightings;
  };

  return {
    next: (piece) => {
      text += piece;
      return read(false);
    },
    end: () => read(true),
    decidedTo: () => cursor,
  };
}

type Found = { readonly start: number; readonly end: number };
const always = () => true;
const nothing: Found = { start: NO, end: NO };

function attempt(shape: Shape, text: string, at: number, isEnd: boolean): Found {
  const { notAfter, lead, secret, accepts = always } = shape;
  if (at > 0 && notAfter !== undefined && holds(notAfter, text.charCodeAt(at - 1))) return nothing;
  const window = windowFrom(text, at, isEnd);
  const start = lead === undefined ? at : lead(window, at);
  if (start < 0) return { start: start === OPEN ? at : NO, end: start };
  const end = secret(window, start);
  if (end === NO) return nothing;
  return end === OPEN || accepts(text.slice(start, end)) ? { start, end } : nothing;
}

function windowFrom(text: string, at: number, isEnd: boolean): Window {
  const isFull = text.length - at >= LONGEST_HELD;
  return { text, until: isFull ? at + LONGEST_HELD : text.length, isAll: isEnd || isFull };
}

function readRest(one: Watched, text: string, base: number): Sighting[] {
  const { rule, readFrom } = one;
  let at = readFrom - base;
  while (one.rest !== undefined && at < text.length) {
    const next = one.shape.rest!(one.rest, text.charCodeAt(at));
    one.rest = next < 0 ? undefined : next;
    if (next === STOP) break;
    at += 1;
    if (next === LAST) break;
  }
  one.readFrom = base + at;
  return one.readFrom > readFrom
    ? [{ rule, start: readFrom, end: one.readFrom, continues: true }]
    : [];
}
