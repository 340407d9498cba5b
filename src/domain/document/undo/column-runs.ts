import { NONE, eachRun } from './columns.ts';

// Columns of which not every row is wanted.

export type NumberRun = { readonly value: number; readonly end: number };

/** A column of numbers as runs of one value, each with the row behind its last. */
export function numberRuns(bytes: Uint8Array): readonly NumberRun[] {
  const runs: NumberRun[] = [];
  let end = 0;
  eachRun(
    bytes,
    (reader) => reader.unsigned(),
    (value = NONE, length) => runs.push({ value, end: (end += length) }),
  );
  return runs;
}

/** The numbers in some rows, from the first to the last, of a column of (differences of) numbers. */
export function numbersAt(
  bytes: Uint8Array,
  rows: readonly number[],
  { asDeltas = false } = {},
): readonly number[] {
  const found: number[] = [];
  let [at, last] = [0, 0];
  eachRun(
    bytes,
    (reader) => (asDeltas ? reader.signed() : reader.unsigned()),
    (value, length) => {
      for (let row = rows[found.length]; row !== undefined && row < at + length;) {
        const there = asDeltas ? last + (value ?? 0) * (row - at + 1) : value;
        found.push(value === undefined ? NONE : (there ?? NONE));
        row = rows[found.length];
      }
      at += length;
      if (asDeltas) last += (value ?? 0) * length;
    },
  );
  return rows.map((_, index) => found[index] ?? NONE);
}
