// Small readers that are put together to the shape of a secret. They run forwards only, take as
// much as they can and give nothing back, so reading is linear whatever the text; and they say
// when the answer depends on text that has not come yet, which no regular expression of
// JavaScript does.

/** The text is not of this shape. */
export const NO = -1;
/** Not known before more of the text is here. */
export const OPEN = -2;

/** Of a text, what is here. `isAll`: nothing behind `until` will be looked at, whatever comes. */
export type Window = { readonly text: string; readonly until: number; readonly isAll: boolean };

/** Where the shape that begins at `at` ends, or `NO`, or `OPEN`. */
export type Reader = (window: Window, at: number) => number;

/** ASCII characters, as a table: which of them are in the set. */
export type CharSet = Uint8Array;

/** `charSet('a-z', '0-9', '_')`: ranges of three characters, and single ones. */
export function charSet(...parts: readonly string[]): CharSet {
  const table = new Uint8Array(128);
  for (const part of parts) {
    const isRange = part.length === 3 && part[1] === '-';
    const last = part.charCodeAt(isRange ? 2 : 0);
    for (let code = part.charCodeAt(0); code <= last; code += 1) table[code] = 1;
  }
  return table;
}

/** Every visible character apart from these. */
export function visibleBut(without: string): CharSet {
  const table = charSet('!-~');
  for (let index = 0; index < without.length; index += 1) table[without.charCodeAt(index)] = 0;
  return table;
}

export const holds = (set: CharSet, code: number): boolean => set[code] === 1;

/** One of these words, the first that fits; in any case when the words are in lower case and `anyCase`. */
export function word(words: readonly string[], anyCase = false): Reader {
  const readers = words.map((one) => oneWord(one, anyCase));
  return readers.length === 1 ? readers[0]! : firstOf(...readers);
}

function oneWord(expected: string, anyCase: boolean): Reader {
  return ({ text, until, isAll }, at) => {
    for (let index = 0; index < expected.length; index += 1) {
      if (at + index >= until) return isAll ? NO : OPEN;
      const code = text.charCodeAt(at + index);
      const folded = anyCase && code >= 65 && code <= 90 ? code + 32 : code;
      if (folded !== expected.charCodeAt(index)) return NO;
    }
    return at + expected.length;
  };
}

/** As many characters of a set as there are, up to `max`. */
export function some(set: CharSet, min: number, max = min): Reader {
  return ({ text, until, isAll }, at) => {
    const stop = at + max;
    let end = at;
    while (end < stop && end < until && holds(set, text.charCodeAt(end))) end += 1;
    if (end < stop && end >= until && !isAll) return OPEN;
    return end - at >= min ? end : NO;
  };
}

export function inOrder(...readers: readonly Reader[]): Reader {
  return (window, at) => {
    let end = at;
    for (const reader of readers) {
      end = reader(window, end);
      if (end < 0) return end;
    }
    return end;
  };
}

export function firstOf(...readers: readonly Reader[]): Reader {
  return (window, at) => {
    for (const reader of readers) {
      const end = reader(window, at);
      if (end !== NO) return end;
    }
    return NO;
  };
}

export function maybe(reader: Reader): Reader {
  return (window, at) => {
    const end = reader(window, at);
    return end === NO ? at : end;
  };
}

/** Takes nothing, and asks that none of these comes next. */
export function notBefore(set: CharSet): Reader {
  return ({ text, until, isAll }, at) => {
    if (at >= until) return isAll ? at : OPEN;
    return holds(set, text.charCodeAt(at)) ? NO : at;
  };
}

/** Takes nothing, and asks that one of these comes next. */
export function before(set: CharSet): Reader {
  return ({ text, until, isAll }, at) => {
    if (at >= until) return isAll ? NO : OPEN;
    return holds(set, text.charCodeAt(at)) ? at : NO;
  };
}
