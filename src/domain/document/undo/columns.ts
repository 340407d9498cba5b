// The column encodings of Automerge's binary document format, as far as they are read here:
// https://automerge.org/automerge-binary-format-spec (RLE, delta and boolean columns of LEB128).

/** Stands for null in a column of numbers; counters and indexes are never negative. */
export const NONE = -1;

/** Reads LEB128 numbers, texts and bytes, one after the other. */
export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new RangeError('Bytes end in the middle of a number.');
    return byte;
  }

  unsigned(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let scale = 0x80; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  signed(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte >= 0x80) continue;
      return (byte & 0x40) === 0 ? value : value - scale * 0x80;
    }
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new RangeError('Bytes end too early.');
    return this.bytes.subarray(this.at, (this.at += length));
  }

  text(): string {
    return Buffer.from(this.take(this.unsigned())).toString();
  }
}

/** Calls `each` for every run of one value; `undefined` is null. */
export function eachRun<Value>(
  bytes: Uint8Array,
  read: (reader: ByteReader) => Value,
  each: (value: Value | undefined, count: number) => void,
): void {
  const reader = new ByteReader(bytes);
  while (!reader.isAtEnd) {
    const length = reader.signed();
    if (length > 0) each(read(reader), length);
    else if (length === 0) each(undefined, reader.unsigned());
    else for (let left = -length; left > 0; left--) each(read(reader), 1);
  }
}

/** A column of `count` numbers; what it does not tell is null. */
export const numbers = (bytes: Uint8Array, count: number): Float64Array =>
  filled(new Float64Array(count), bytes);

/** Of numbers that are known to be small: a change of others can hold any. */
export const smallNumbers = (bytes: Uint8Array, count: number): Int32Array =>
  filled(new Int32Array(count), bytes);

function filled<Values extends Float64Array | Int32Array>(values: Values, bytes: Uint8Array) {
  values.fill(NONE);
  let at = 0;
  eachRun(
    bytes,
    (reader) => reader.unsigned(),
    (value, length) => {
      if (value !== undefined) values.fill(value, at, at + length);
      at += length;
    },
  );
  return values;
}

/** A column of `count` numbers that are stored as differences. */
export function deltas(bytes: Uint8Array, count: number): Float64Array {
  const values = new Float64Array(count).fill(NONE);
  let at = 0;
  let last = 0;
  eachRun(
    bytes,
    (reader) => reader.signed(),
    (delta, length) => {
      if (delta === undefined) at += length;
      else for (const end = at + length; at < end; at++) values[at] = last += delta;
    },
  );
  return values;
}

/** The lowest four bits of a column of `count` numbers. */
export function lowestBits(bytes: Uint8Array, count: number): Uint8Array {
  const values = new Uint8Array(count);
  let at = 0;
  eachRun(
    bytes,
    (reader) => reader.unsigned(),
    (value = 0, length) => values.fill(value & 0b1111, at, (at += length)),
  );
  return values;
}

/** Of a column of `count` numbers without their lowest `bits`: the sum of all before each row. */
export function sums(bytes: Uint8Array, count: number, bits = 0): Int32Array {
  const values = new Int32Array(count + 1);
  let [at, sum] = [0, 0];
  eachRun(
    bytes,
    (reader) => reader.unsigned(),
    (value = 0, length) => {
      const step = value >>> bits;
      if (step === 0) values.fill(sum, at + 1, at + 1 + length);
      else for (let row = at; row < at + length; row++) values[row + 1] = sum += step;
      at += length;
    },
  );
  return values.fill(sum, at + 1);
}

/** The texts of a column by their row; most rows have none. */
export function texts(bytes: Uint8Array): Map<number, string> {
  const values = new Map<number, string>();
  let at = 0;
  eachRun(
    bytes,
    (reader) => reader.text(),
    (value, length) => {
      if (value !== undefined) for (let row = at; row < at + length; row++) values.set(row, value);
      at += length;
    },
  );
  return values;
}

/** A column of `count` flags. */
export function flags(bytes: Uint8Array, count: number): Uint8Array {
  const values = new Uint8Array(count);
  const reader = new ByteReader(bytes);
  let at = 0;
  for (let value = 0; !reader.isAtEnd; value = 1 - value) {
    const length = reader.unsigned();
    values.fill(value, at, at + length);
    at += length;
  }
  return values;
}

/** How many rows a column of numbers, or of what `read` reads, tells. */
export function rowsIn(
  bytes: Uint8Array,
  read: (reader: ByteReader) => unknown = (reader) => reader.unsigned(),
): number {
  let count = 0;
  eachRun(bytes, read, (_, length) => (count += length));
  return count;
}

/** How many rows a column of flags tells. */
export function flagsIn(bytes: Uint8Array): number {
  const reader = new ByteReader(bytes);
  let count = 0;
  while (!reader.isAtEnd) count += reader.unsigned();
  return count;
}
