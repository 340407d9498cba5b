import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { Ids } from '#commands/ports.ts';

/** The machine's own randomness. */
export const systemIds: Ids = {
  uuid: () => uuidv7(),
  random: () => Math.random(),
  bytes: (count) => new Uint8Array(randomBytes(count)),
};
