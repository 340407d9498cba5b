// CBOR (RFC 8949), as much of it as the protocol needs: integers, floats, texts, bytes, lists, maps
// with texts as keys, true, false and null. Nothing of indefinite length, no tags.

export type CborValue =
  | number
  | string
  | boolean
  | null
  | undefined
  | Uint8Array
  | readonly CborValue[]
  | { readonly [key: string]: CborValue };

const utf8 = { encoder: new TextEncoder(), decoder: new TextDecoder('utf-8', { fatal: true }) };

const UNSIGNED = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const MAP = 5;
const SIMPLE = 7;
const FLOAT64 = 27;
const simple = new Map<number, boolean | null>([
  [20, false],
  [21, true],
  [22, null],
]);
const MOST_NESTED = 16;

/** Keys whose value is `undefined` are left out. */
export function encode(value: CborValue): Uint8Array {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const push = (chunk: Uint8Array) => {
    chunks.push(chunk);
    size += chunk.length;
  };
  write(value, push);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

type Push = (chunk: Uint8Array) => void;

function write(value: CborValue, push: Push): void {
  if (typeof value === 'number') writeNumber(value, push);
  else if (typeof value === 'string') {
    const text = utf8.encoder.encode(value);
    push(head(TEXT, text.length));
    push(text);
  } else if (value instanceof Uint8Array) {
    push(head(BYTES, value.length));
    push(value);
  } else if (Array.isArray(value)) {
    push(head(LIST, value.length));
    for (const one of value as readonly CborValue[]) write(one, push);
  } else if (typeof value === 'object' && value !== null) writeMap(value, push);
  else push(Uint8Array.of((SIMPLE << 5) | (value === true ? 21 : value === false ? 20 : 22)));
}

function writeMap(value: object, push: Push): void {
  const entries = Object.entries(value as Record<string, CborValue>).filter(
    ([, one]) => one !== undefined,
  );
  push(head(MAP, entries.length));
  for (const [key, one] of entries) {
    write(key, push);
    write(one, push);
  }
}

function writeNumber(value: number, push: Push): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    push(value >= 0 ? head(UNSIGNED, value) : head(NEGATIVE, -1 - value));
    return;
  }
  const bytes = new Uint8Array(9);
  bytes[0] = (SIMPLE << 5) | FLOAT64;
  new DataView(bytes.buffer).setFloat64(1, value);
  push(bytes);
}

/** A type and its argument, in the fewest bytes. */
function head(major: number, argument: number): Uint8Array {
  const type = major << 5;
  if (argument < 24) return Uint8Array.of(type | argument);
  if (argument < 0x100) return Uint8Array.of(type | 24, argument);
  if (argument < 0x1_0000) return Uint8Array.of(type | 25, argument >> 8, argument & 0xff);
  const bytes = new Uint8Array(argument < 0x1_0000_0000 ? 5 : 9);
  const view = new DataView(bytes.buffer);
  if (bytes.length === 5) view.setUint32(1, argument);
  else view.setBigUint64(1, BigInt(argument));
  bytes[0] = type | (bytes.length === 5 ? 26 : 27);
  return bytes;
}

/** Throws `RangeError` at bytes that are not one value, whole. */
export function decode(bytes: Uint8Array): CborValue {
  const reader = new Reader(bytes);
  const value = reader.value(0);
  if (reader.at !== bytes.length) throw new RangeError('CBOR ends before its bytes do.');
  return value;
}

class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depth: number): CborValue {
    if (depth > MOST_NESTED) throw new RangeError('CBOR is nested too deeply.');
    const first = this.view.getUint8(this.at++);
    const [major, low] = [first >> 5, first & 31];
    if (major === SIMPLE) return this.simple(low);
    const argument = this.argument(low);
    switch (major) {
      case UNSIGNED:
        return argument;
      case NEGATIVE:
        return -1 - argument;
      case BYTES:
        return this.take(argument);
      case TEXT:
        return utf8.decoder.decode(this.take(argument));
      case LIST:
        return this.list(argument, depth);
      case MAP:
        return this.map(argument, depth);
      default:
        throw new RangeError('CBOR holds a tag.');
    }
  }

  simple(low: number): CborValue {
    if (low === FLOAT64) {
      this.at += 8;
      return this.view.getFloat64(this.at - 8);
    }
    const value = simple.get(low);
    if (value === undefined) throw new RangeError('CBOR holds an unknown simple value.');
    return value;
  }

  argument(low: number): number {
    if (low < 24) return low;
    const at = this.at;
    this.at += low === 24 ? 1 : low === 25 ? 2 : low === 26 ? 4 : 8;
    if (low === 24) return this.view.getUint8(at);
    if (low === 25) return this.view.getUint16(at);
    if (low === 26) return this.view.getUint32(at);
    const value = low === 27 ? Number(this.view.getBigUint64(at)) : NaN;
    if (!Number.isSafeInteger(value)) throw new RangeError('CBOR holds a number out of range.');
    return value;
  }

  take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('CBOR ends too early.');
    return this.bytes.subarray(this.at, (this.at = end));
  }

  list(length: number, depth: number): CborValue[] {
    if (length > this.bytes.length - this.at) throw new RangeError('CBOR ends too early.');
    return Array.from({ length }, () => this.value(depth + 1));
  }

  map(length: number, depth: number): CborValue {
    if (length > this.bytes.length - this.at) throw new RangeError('CBOR ends too early.');
    const entries: [string, CborValue][] = [];
    for (let left = length; left > 0; left--) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string') throw new RangeError('CBOR holds a key that is no text.');
      entries.push([key, this.value(depth + 1)]);
    }
    return Object.fromEntries(entries);
  }
}
