import { LRUCache } from 'lru-cache';
import { type LoadPorts, load } from '#commands/load.ts';
import type { Clock } from '#commands/ports.ts';
import { isStillReadable } from '#commands/still-readable.ts';
import { presentTexts } from '#domain/document/content.ts';
import { documentAggregate } from '#domain/document/document.ts';
import {
  type LiveContent,
  freeContent,
  settled,
  takeChanges,
} from '#domain/document/live-content.ts';
import type { StreamName } from '#domain/stream.ts';
import { takingTurns } from '#infra/system/taking-turns.ts';
import type { DocumentFolds } from '#projections/document-folds.ts';

const MOST_HELD = 256;
/** A destroyed key must take the content with it: so often it is seen whether the key is there. */
const HELD_FOR_MS = 60_000;

type Held = { readonly content: LiveContent; revision: number; loadedAt: number };

/** Documents as views have folded them so far, apart from those that commands work on. */
export function documentFolds(
  ports: LoadPorts & { readonly clock: Pick<Clock, 'now'> },
): DocumentFolds {
  const now = () => ports.clock.now().getTime();
  const othersWereServed = takingTurns();
  const held = new LRUCache<StreamName, Held>({
    max: MOST_HELD,
    // Its memory is WebAssembly's, which the garbage collector does not see.
    dispose: ({ content }) => freeContent(content),
  });

  async function isReadable(stream: StreamName, found: Held): Promise<boolean> {
    if (now() - found.loadedAt < HELD_FOR_MS) return true;
    if (!(await isStillReadable(ports.sealer, documentAggregate, stream))) return false;
    found.loadedAt = now();
    return true;
  }

  /** The document at exactly this revision: held, or from its snapshot and events. */
  async function contentAt(stream: StreamName, revision: number): Promise<Held | undefined> {
    const found = held.get(stream);
    if (found?.revision === revision && (await isReadable(stream, found))) return found;
    held.delete(stream);
    const { state, revision: reached } = await load(ports, documentAggregate, stream, revision);
    if (!('content' in state)) return undefined;
    const loaded = { content: state.content, revision: reached, loadedAt: now() };
    held.set(stream, loaded);
    return loaded;
  }

  return {
    read: async (stream, { from, to, applied }, ids) => {
      await othersWereServed();
      // A document's first event holds no text: what comes with it needs it to be there.
      const base = await contentAt(stream, Math.max(0, from - 1));
      if (base === undefined) return undefined;
      try {
        takeChanges(base.content, applied.flat(), ids);
        base.revision = to;
        return { sections: presentTexts(settled(base.content), ids) };
      } catch (error) {
        // Half of it may be applied.
        held.delete(stream);
        throw error;
      }
    },
  };
}
