import type { CharSet, Reader } from './reader.ts';

/** What a rule looks for. Decided within `LONGEST_HELD` characters; what goes on longer has a `rest`. */
export type Shape = {
  /** The words that it begins with, in lower case when `anyCase`: elsewhere nothing is tried. */
  readonly begins: readonly string[];
  readonly anyCase?: boolean;
  /** Characters that may not stand before it. */
  readonly notAfter?: CharSet;
  /** Read first, and left as it is; with `secret` it makes the whole shape. */
  readonly lead?: Reader;
  readonly secret: Reader;
  /** Says no to what only looks like it: placeholders, words. Gets what `secret` read. */
  readonly accepts?: (secret: string) => boolean;
  /** What belongs to the secret behind its decided part, however long. */
  readonly rest?: Rest;
};

/**
 * Reads on, one code unit after the other, from state 0: the next state, or `STOP` before this
 * unit, or `LAST` behind it.
 */
export type Rest = (state: number, code: number) => number;
export const STOP = -1;
export const LAST = -2;

/** Goes on while the characters are of one set. */
export const whileIn =
  (set: CharSet): Rest =>
  (_, code) =>
    set[code] === 1 ? 0 : STOP;
