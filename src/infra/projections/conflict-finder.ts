import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Fold } from '#commands/fold.ts';
import { type LoadPorts, foldTail, load } from '#commands/load.ts';
import type { Clock } from '#commands/ports.ts';
import { conflictsOf } from '#domain/document/conflict/find-conflicts.ts';
import { documentAggregate } from '#domain/document/document.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import { settled } from '#domain/document/live-content.ts';
import { headsOf } from '#domain/document/replica.ts';
import type { DocumentState, LivingDocument } from '#domain/document/state.ts';
import { changesIn } from '#domain/document/undo/ledger.ts';
import type { StreamName } from '#domain/stream.ts';
import type { ConflictFinder } from '#projections/conflict-finder.ts';

/** Of those in which several people write at once: two people typing come back every moment. */
const MOST_HELD = 256;
/** A destroyed key must take the content with it: as long as opened keys are held. */
const HELD_FOR_MS = 60_000;
const CHUNK_TYPE_AT = 8;

/** Others must be served meanwhile: somebody who was away for hours comes back with thousands. */
const SLICE_MS = 10;

type Held = { readonly fold: Fold<DocumentState, DocumentEvent>; readonly loadedAt: number };

/** Folds documents as they were when two changes met, apart from what commands work on. */
export function conflictFinder(
  ports: LoadPorts & { readonly clock: Pick<Clock, 'now'> },
): ConflictFinder {
  const now = () => ports.clock.now().getTime();
  const held = new LRUCache<StreamName, Held>({
    max: MOST_HELD,
    dispose: ({ fold }) => documentAggregate.release?.(fold.state),
  });

  /** The document at exactly this revision: what came later would be told as if it had been seen. */
  async function documentAt(
    stream: StreamName,
    revision: number,
  ): Promise<LivingDocument | undefined> {
    const found = held.get(stream);
    const isUsable =
      found !== undefined &&
      found.fold.revision <= revision &&
      now() - found.loadedAt < HELD_FOR_MS;
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
      return document && (await inSlices(conflictsOf(document, edits)));
    },
  };
}

async function inSlices<Found>(all: Iterable<Found>): Promise<Found[]> {
  const found: Found[] = [];
  let started = performance.now();
  for (const one of all) {
    found.push(one);
    if (performance.now() - started < SLICE_MS) continue;
    await setImmediate();
    started = performance.now();
  }
  return found;
}
