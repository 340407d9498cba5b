/** LEB128, one after the other. */
export function packed(values: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (const value of values) writeUnsigned(bytes, value);
  return Uint8Array.from(bytes);
}

/** Takes bytes in their order; `number[]` is one. */
export type ByteSink = { push(byte: number): unknown };

export function writeUnsigned(bytes: ByteSink, value: number): void {
  let left = value;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) | 0x80);
  bytes.push(left);
}

/** Small numbers of either sign as small ones without. */
export const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value);
export const unzigzag = (code: number) => (code % 2 === 1 ? -(code + 1) / 2 : code / 2);
