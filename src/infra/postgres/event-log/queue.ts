import type { CheckedAppend } from '#infra/log/checked-append.ts';

/** Appends a batch takes at most: beyond, a larger one costs its first append more than it saves. */
const MAX_APPENDS = 256;
const MAX_BATCH_BYTES = 4_000_000;
/** Large appends fill the memory before many of them fill the queue. */
const MAX_WAITING_BYTES = 64_000_000;

/** What waits to be sent, oldest first. */
export function queue<Waiting extends { readonly append: CheckedAppend }>() {
  let waiting: Waiting[] = [];
  let bytes = 0;

  const take = (count: number): Waiting[] => {
    const taken = waiting.slice(0, count);
    waiting = waiting.slice(count);
    bytes -= sizeOf(taken);
    return taken;
  };

  return {
    get length() {
      return waiting.length;
    },
    /** False when it is full. */
    push: (one: Waiting): boolean => {
      if (bytes + one.append.bytes > MAX_WAITING_BYTES) return false;
      waiting.push(one);
      bytes += one.append.bytes;
      return true;
    },
    nextBatch: (most = MAX_APPENDS): Waiting[] => {
      const limit = Math.min(waiting.length, most, MAX_APPENDS);
      let count = 0;
      for (let size = 0; count < limit; count++) {
        size += waiting[count]!.append.bytes;
        if (count > 0 && size > MAX_BATCH_BYTES) break;
      }
      return take(count);
    },
    drain: (): Waiting[] => take(waiting.length),
  };
}

const sizeOf = (taken: readonly { readonly append: CheckedAppend }[]): number =>
  taken.reduce((total, { append }) => total + append.bytes, 0);
