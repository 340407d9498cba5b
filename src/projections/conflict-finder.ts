import type { Conflict } from '#domain/document/conflict/conflict.ts';
import type { ConcurrentEdit } from '#domain/document/conflict/find-conflicts.ts';
import type { Standing } from '#domain/document/conflict/standing.ts';
import type { StreamName } from '#domain/stream.ts';

/**
 * What two changes did to one text is in no event. This folds a document, only where somebody wrote
 * in it who had not seen everything.
 */
export type ConflictFinder = {
  /** As changes name each other: SHA-256 of the chunk from its type on. */
  readonly hashOf: (change: Uint8Array) => string;
  /** After the event of this revision. Undefined when the document was erased. */
  standingAt(stream: StreamName, revision: number): Promise<Standing | undefined>;
  /** The same, and of each edit its conflicts. */
  conflictsAt(
    stream: StreamName,
    revision: number,
    edits: readonly ConcurrentEdit[],
  ): Promise<readonly (readonly Conflict[])[] | undefined>;
};
