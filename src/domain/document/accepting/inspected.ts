import { type ChangeChunk, changeChunk } from './change-chunk.ts';
import { type Operation, operationsOf } from './operations.ts';

/** A change whose bytes were read, and its hash: SHA-256 of the chunk from its type on. */
export type InspectedChange = {
  readonly bytes: Uint8Array;
  readonly hash: string;
  readonly chunk: ChangeChunk;
  readonly operations: readonly Operation[];
};

// A change that is accepted is folded a moment later: it need not be read again. After that its
// bytes wait for long, and what was read of them takes twenty times as much memory.
const known = new WeakMap<Uint8Array, InspectedChange>();

/** Reads a change of at most so many operations; throws `MalformedChange`. */
export function inspected(bytes: Uint8Array, hash: string, most?: number): InspectedChange {
  const found = known.get(bytes);
  if (found?.hash === hash) return found;
  const chunk = changeChunk(bytes, most);
  const change = { bytes, hash, chunk, operations: operationsOf(chunk) };
  known.set(bytes, change);
  return change;
}

/** What was read of a change before, for the last time. */
export function takeInspected(bytes: Uint8Array): InspectedChange | undefined {
  const found = known.get(bytes);
  known.delete(bytes);
  return found;
}
