import { NONE } from '#domain/document/undo/columns.ts';
import { writeUnsigned } from '#domain/document/undo/packed-numbers.ts';

// How Automerge writes what `undo/columns.ts` reads: every value in the one shortest way.

export type Bytes = number[];

export function writeSigned(bytes: Bytes, value: number): void {
  let rest = value;
  for (; rest < -0x40 || rest >= 0x40; rest = Math.floor(rest / 0x80)) {
    bytes.push((rest & 0x7f) | 0x80);
  }
  bytes.push(rest & 0x7f);
}

/** Runs of equal values, and lists of values each of which differs from the next. */
function runs(
  values: readonly (number | undefined)[],
  write: (bytes: Bytes, value: number) => void,
): Bytes {
  const bytes: Bytes = [];
  for (let at = 0; at < values.length;) {
    const value = values[at];
    const length = lengthOfRun(values, at);
    if (value === undefined) {
      writeSigned(bytes, 0);
      writeUnsigned(bytes, length);
    } else if (length > 1) {
      writeSigned(bytes, length);
      write(bytes, value);
    }
    if (value === undefined || length > 1) {
      at += length;
      continue;
    }
    const end = endOfList(values, at);
    writeSigned(bytes, at - end);
    for (; at < end; at++) write(bytes, values[at] ?? 0);
  }
  return bytes;
}

function lengthOfRun(values: readonly (number | undefined)[], from: number): number {
  let end = from + 1;
  while (end < values.length && values[end] === values[from]) end++;
  return end - from;
}

function endOfList(values: readonly (number | undefined)[], from: number): number {
  let end = from + 1;
  while (end < values.length && values[end] !== undefined && values[end] !== values[end + 1]) end++;
  // The last value of all has no next one.
  return end;
}

const orNull = (value: number) => (value === NONE ? undefined : value);

/** A column that tells nothing is not there. */
export function numbersWritten(values: Float64Array): Bytes {
  if (values.every((value) => value === NONE)) return [];
  return runs(Array.from(values, orNull), writeUnsigned);
}

export function deltasWritten(values: Float64Array): Bytes {
  if (values.every((value) => value === NONE)) return [];
  let last = 0;
  const differences = Array.from(values, (value) => {
    if (value === NONE) return undefined;
    const difference = value - last;
    last = value;
    return difference;
  });
  return runs(differences, writeSigned);
}

export function flagsWritten(values: Uint8Array): Bytes {
  const bytes: Bytes = [];
  let [flag, length] = [0, 0];
  for (const value of values) {
    if (value !== flag) {
      writeUnsigned(bytes, length);
      [flag, length] = [value, 0];
    }
    length++;
  }
  if (length > 0) writeUnsigned(bytes, length);
  return bytes;
}
