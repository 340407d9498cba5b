import { randomFillSync } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Ids } from '#commands/ports.ts';

/** The machine's own randomness. */
export const systemIds: Ids = {
  uuid: () => uuidv7(),
  random: () => Math.random(),
  bytes: randomBytes,
};

/** Of strong bytes that are drawn ahead: every sealed body takes a few, and each draw costs more than it. */
const drawn = new Uint8Array(4_096);
let used = drawn.length;

function randomBytes(count: number): Uint8Array {
  if (count > drawn.length / 8) return randomFillSync(new Uint8Array(count));
  if (used + count > drawn.length) {
    randomFillSync(drawn);
    used = 0;
  }
  const bytes = drawn.slice(used, used + count);
  // A key must not be found here once it was given out.
  drawn.fill(0, used, used + count);
  used += count;
  return bytes;
}
