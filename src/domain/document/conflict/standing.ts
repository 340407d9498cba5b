import type { ContentEvent } from '#domain/document/events.ts';
import type { Heads } from '#domain/document/replica.ts';
import { headOf } from '#domain/document/undo/ledger.ts';

/** How many changes a document has, and which of them no other was made on top of. */
export type Standing = { readonly changes: number; readonly heads: Heads };

export const NOTHING: Standing = { changes: 0, heads: [] };

/**
 * Takes an event's changes in, and tells whether their author did not know everything that stood
 * there: mostly they name the heads as they are, so that nothing more needs to be looked at.
 * `hashOf` is the SHA-256 of a chunk from its type on.
 */
export function standingWith(
  { changes, heads }: Standing,
  event: ContentEvent,
  hashOf: (change: Uint8Array) => string,
): { readonly standing: Standing; readonly isConcurrent: boolean } {
  const now = new Set(heads);
  // The server knows everything; what it writes for edits of an older revision says so itself.
  const isApplied = event.type === 'ChangesApplied' && event.data.merged === undefined;
  let isConcurrent = isApplied && event.data.seen !== undefined;
  for (const change of event.data.changes) {
    const deps = new Set(headOf(change).deps);
    const knewAll = deps.size === now.size && [...deps].every((dep) => now.has(dep));
    isConcurrent ||= isApplied && !knewAll;
    for (const dep of deps) now.delete(dep);
    now.add(hashOf(change));
  }
  const standing = { changes: changes + event.data.changes.length, heads: [...now].toSorted() };
  return { standing, isConcurrent };
}
