import type { Characters } from '#domain/document/undo/characters.ts';
import { NONE } from '#domain/document/undo/columns.ts';

/** Whether somebody knows the change at this place of the ledger. */
export type Knows = (place: number) => boolean;

/** Whether an element was there, and not deleted, for somebody who knows these changes. */
export function isAlive({ saved, authorshipOf }: Characters, row: number, knows: Knows): boolean {
  const { ops, successors } = saved;
  const isKnown = (actor: number | undefined, counter: number | undefined) =>
    knows(authorshipOf(actor ?? NONE, counter ?? NONE).place);
  if (!isKnown(ops.actor[row], ops.counter[row])) return false;
  for (let at = successors.start[row] ?? 0; at < (successors.start[row + 1] ?? 0); at++) {
    if (isKnown(successors.actor[at], successors.counter[at])) return false;
  }
  return true;
}
