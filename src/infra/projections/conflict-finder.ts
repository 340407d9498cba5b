import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Fold } from '#commands/fold.ts';
import { type LoadPorts, foldTail, load } from '#commands/load.ts';
import type { Clock } from '#commands/ports.ts';
import { isStillReadable } from '#commands/still-readable.ts';
import { conflictsOf } from '#domain/document/conflict/find-conflicts.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import { settled } from '#domain/document/live-content.ts';
import { headsOf } from '#domain/document/replica.ts';
import type { DocumentState, LivingDocument } from '#domain/document/state.ts';
import { changesIn } from '#domain/document/undo/ledger.ts';
import type { StreamName } from '#domain/stream.ts';
import { takingTurns } from '#infra/system/taking-turns.ts';
import type { ConflictFinder } from '#projections/conflict-finder.ts';

/** Of those in which several people write at once: two people typing come back every moment. */
const MOST_HELD = 256;
/** A destroyed key must take the content with it: so often it is seen whether the key is there. */
const HELD_FOR_MS = 60_000;
const CHUNK_TYPE_AT = 8;

type Held = { readonly fold: Fold<DocumentState, DocumentEvent>; loadedAt: number };

/** Folds documents as they were when two changes met, apart from what commands work on. */
export function conflictFinder(
  ports: LoadPorts & { readonly clock: Pick<Clock, 'now'> },
): ConflictFinder {
  const now = () => ports.clock.now().getTime();
  const othersWereServed = takingTurns();
  const held = new LRUCache<StreamName, Held>({
    max: MOST_HELD,
    dispose: ({ fold }) => documentAggregate.release?.(fold.state),
  });

  async function isReadable(stream: StreamName, found: Held): Promise<boolean> {
    if (now() - found.loadedAt < HELD_FOR_MS) return true;
    if (!(await isStillReadable(ports.sealer, documentAggregate, stream))) return false;
    found.loadedAt = now();
    return true;
  }

  /** The document at exactly this revision: what came later would be told as if it had been seen. */
  async function documentAt(
    stream: StreamName,
    revision: number,
  ): Promise<LivingDocument | undefined> {
    await othersWereServed();
    const found = held.get(stream);
    const isUsable =
      found !== undefined && found.fold.revision <= revision && (await isReadable(stream, found));
    if (found && !isUsable) held.delete(stream);
    const { fold } = isUsable ? found : await loaded(stream, revision);
    try {
      await foldTail(ports, documentAggregate, stream, fold, revision);
    } catch (error) {
      // Half of it may be folded.
      held.delete(stream);
      throw error;
    }
    return 'content' in fold.state ? fold.state : undefined;
  }

  async function loaded(stream: StreamName, revision: number): Promise<Held> {
    const fold = await load(ports, documentAggregate, stream, revision);
    const fresh = { fold, loadedAt: now() };
    held.set(stream, fresh);
    return fresh;
  }

  return {
    hashOf: (change) => createHash('sha256').update(change.subarray(CHUNK_TYPE_AT)).digest('hex'),
    standingAt: async (stream, revision) => {
      const document = await documentAt(stream, revision);
      if (document === undefined) return undefined;
      const heads = headsOf(settled(document.content).replica).toSorted();
      return { changes: changesIn(document.ledger), heads };
    },
    conflictsAt: async (stream, revision, edits) => {
      const document = await documentAt(stream, revision);
      if (document === undefined) return undefined;
      const found = [];
      // Somebody who was away for hours comes back with thousands.
      for (const one of conflictsOf(document, edits)) {
        found.push(one);
        await othersWereServed();
      }
      return found;
    },
  };
}
