import { createHash } from 'node:crypto';
import type { Fold } from '#commands/fold.ts';
import { type LoadPorts, foldTail, load } from '#commands/load.ts';
import type { Clock } from '#commands/ports.ts';
import { mayBeKept } from '#commands/still-readable.ts';
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
import { heldForViews } from './held-for-views.ts';

const CHUNK_TYPE_AT = 8;

type Held = { readonly fold: Fold<DocumentState, DocumentEvent>; keySeenAt: number };

/** Folds documents as they were when two changes met, apart from what commands work on. */
export function conflictFinder(
  ports: LoadPorts & { readonly clock: Pick<Clock, 'now'> },
): ConflictFinder {
  const othersWereServed = takingTurns();
  const using = heldForViews<Held>(({ fold }) => documentAggregate.release?.(fold.state));

  /** The document at exactly this revision: what came later would be told as if it had been seen. */
  async function atRevision<Result>(
    stream: StreamName,
    revision: number,
    work: (document: LivingDocument) => Promise<Result> | Result,
  ): Promise<Result | undefined> {
    await othersWereServed();
    const asked = {
      mayBeUsed: async (held: Held) =>
        held.fold.revision <= revision && (await mayBeKept(ports, documentAggregate, stream, held)),
      load: async () => ({
        fold: await load(ports, documentAggregate, stream, revision),
        keySeenAt: ports.clock.now().getTime(),
      }),
    };
    return await using(stream, asked, async ({ fold }) => {
      await foldTail(ports, documentAggregate, stream, fold, revision);
      return 'content' in fold.state ? await work(fold.state) : undefined;
    });
  }

  return {
    hashOf: (change) => createHash('sha256').update(change.subarray(CHUNK_TYPE_AT)).digest('hex'),
    standingAt: async (stream, revision) =>
      await atRevision(stream, revision, ({ content, ledger }) => {
        const heads = headsOf(settled(content).replica).toSorted();
        return { changes: changesIn(ledger), heads };
      }),
    conflictsAt: async (stream, revision, edits) =>
      await atRevision(stream, revision, async (document) => {
        const found = [];
        // Somebody who was away for hours comes back with thousands.
        for (const one of conflictsOf(document, edits)) {
          found.push(one);
          await othersWereServed();
        }
        return found;
      }),
  };
}
