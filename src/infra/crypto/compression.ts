import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Below this, setting up deflate costs more than the bytes it saves. */
const WORTH_TRYING = 1_024;

/** No body or snapshot of ours is larger; more than this is a bomb. */
const MAX_INFLATED = 64 * 1_024 * 1_024;

/** The same bytes in less space, or `undefined` when that saves less than an eighth. */
export function compressed(plain: Uint8Array): Uint8Array | undefined {
  if (plain.length < WORTH_TRYING || plain.length > MAX_INFLATED) return undefined;
  const smaller = deflateRawSync(plain);
  return smaller.length <= plain.length - plain.length / 8 ? smaller : undefined;
}

/** Throws on anything that is no deflate stream, or would become larger than any body of ours. */
export const inflated = (bytes: Uint8Array): Uint8Array =>
  inflateRawSync(bytes, { maxOutputLength: MAX_INFLATED });
