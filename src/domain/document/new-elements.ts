import { z } from 'zod';

const indexesOfChanges = z.array(z.int().nonnegative()).optional();

/**
 * What an event says of changes whose elements nobody typed. Stored for ever. What the server wrote
 * for undo needs no `revived`: all that comes in it comes back.
 */
export const newElements = {
  /** Text moves: the elements that are inserted are, one after the other, those that are deleted. */
  moves: indexesOfChanges,
  /** Characters come back: each element that is inserted is the one that it is inserted behind. */
  revived: indexesOfChanges,
};

export type NewElements = keyof typeof newElements;
