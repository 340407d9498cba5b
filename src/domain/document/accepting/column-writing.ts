import { NONE } from '#domain/document/undo/columns.ts';
import { type ByteSink, writeUnsigned } from '#domain/document/undo/packed-numbers.ts';

// How Automerge writes what `undo/columns.ts` reads: every value in the one shortest way.

export function writeSigned(bytes: ByteSink, value: number): void {
  let rest = value;
  for (; rest < -0x40 || rest >= 0x40; rest = Math.floor(rest / 0x80)) {
    bytes.push((rest & 0x7f) | 0x80);
  }
  bytes.push(rest & 0x7f);
}

type Values = { readonly numbers: Float64Array; readonly none: number };

/** Runs of equal values, and lists of values each of which differs from the next. */
function writeRuns(
  bytes: ByteSink,
  values: Values,
  write: (bytes: ByteSink, value: number) => void,
): void {
  const { numbers, none } = values;
  // A column that tells nothing is not there.
  if (lengthOfRun(numbers, 0) >= numbers.length && numbers[0] === none) return;
  for (let at = 0; at < numbers.length;) {
    const value = numbers[at]!;
    const length = lengthOfRun(numbers, at);
    if (value === none) {
      writeSigned(bytes, 0);
      writeUnsigned(bytes, length);
    } else if (length > 1) {
      writeSigned(bytes, length);
      write(bytes, value);
    }
    if (value === none || length > 1) {
      at += length;
      continue;
    }
    const end = endOfList(values, at);
    writeSigned(bytes, at - end);
    for (; at < end; at++) write(bytes, numbers[at]!);
  }
}

function lengthOfRun(numbers: Float64Array, from: number): number {
  let end = from + 1;
  while (end < numbers.length && numbers[end] === numbers[from]) end++;
  return end - from;
}

function endOfList({ numbers, none }: Values, from: number): number {
  let end = from + 1;
  while (end < numbers.length && numbers[end] !== none && numbers[end] !== numbers[end + 1]) end++;
  // The last value of all has no next one.
  return end;
}

export const writeNumbers = (bytes: ByteSink, numbers: Float64Array): void =>
  writeRuns(bytes, { numbers, none: NONE }, writeUnsigned);

export function writeDeltas(bytes: ByteSink, numbers: Float64Array): void {
  const differences = new Float64Array(numbers.length);
  let last = 0;
  for (let at = 0; at < numbers.length; at++) {
    const value = numbers[at]!;
    // A difference may be -1, which is `NONE`.
    differences[at] = value === NONE ? Infinity : value - last;
    if (value !== NONE) last = value;
  }
  writeRuns(bytes, { numbers: differences, none: Infinity }, writeSigned);
}

export function writeFlags(bytes: ByteSink, flags: Uint8Array): void {
  let [flag, length] = [0, 0];
  for (const value of flags) {
    if (value !== flag) {
      writeUnsigned(bytes, length);
      [flag, length] = [value, 0];
    }
    length++;
  }
  if (length > 0) writeUnsigned(bytes, length);
}
