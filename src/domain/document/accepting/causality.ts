import type { Heads } from '#domain/document/replica.ts';

/** What is known of a change that others may build on. */
export type KnownChange = {
  /** The counter of its last operation. */
  readonly maxOp: number;
  /** How many of the document's aliases its author had seen; -1 where nobody knows. */
  readonly aliases: number;
};

/**
 * The newest changes of a document by their hashes: those that a change which comes in names as
 * what its author knew. Older ones are looked up in the document.
 */
export type KnownChanges = Map<string, KnownChange>;

const MOST_KNOWN = 1_000;

export function know(changes: KnownChanges, hash: string, change: KnownChange): void {
  changes.set(hash, change);
  if (changes.size <= MOST_KNOWN) return;
  for (const [oldest] of changes) {
    changes.delete(oldest);
    break;
  }
}

/** Who knew one of these changes knew all that its author knew. */
export const aliasesSeen = (changes: KnownChanges, deps: Heads): number =>
  deps.reduce((most, dep) => Math.max(most, changes.get(dep)?.aliases ?? -1), -1);
