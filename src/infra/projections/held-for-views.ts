import { LRUCache } from 'lru-cache';
import { streamQueue } from '#commands/stream-queue.ts';
import type { StreamName } from '#domain/stream.ts';

/** People who type come back every moment, and so do the documents of many of them. */
const MOST_HELD = 256;

type Entry<Held> = { readonly held: Held; isUsed: boolean; isLetGo: boolean };

/**
 * What views hold of documents, each used by one lane at a time: a rebuild is elsewhere in the same
 * stream. The longest unused is let go of, and freed when it is not used: its memory is
 * WebAssembly's.
 */
export function heldForViews<Held>(free: (held: Held) => void) {
  const inTurn = streamQueue();
  const freeIfUnused = ({ held, isUsed, isLetGo }: Entry<Held>) => {
    if (isLetGo && !isUsed) free(held);
  };
  const entries = new LRUCache<StreamName, Entry<Held>>({
    max: MOST_HELD,
    dispose: (entry) => {
      entry.isLetGo = true;
      freeIfUnused(entry);
    },
  });
  const used = async <Result>(
    stream: StreamName,
    entry: Entry<Held>,
    work: (held: Held) => Promise<Result> | Result,
  ): Promise<Result> => {
    entry.isUsed = true;
    try {
      return await work(entry.held);
    } catch (error) {
      // Half of the work may be done.
      if (entries.peek(stream) === entry) entries.delete(stream);
      throw error;
    } finally {
      entry.isUsed = false;
      freeIfUnused(entry);
    }
  };

  type Asked = {
    readonly mayBeUsed: (held: Held) => Promise<boolean>;
    readonly load: () => Promise<Held | undefined>;
  };

  /** Runs `work` on what is held and may be used, or else on what is loaded, if there is any. */
  return async <Result>(
    stream: StreamName,
    { mayBeUsed, load }: Asked,
    work: (held: Held) => Promise<Result> | Result,
  ): Promise<Result | undefined> =>
    await inTurn(stream, async () => {
      const found = entries.get(stream);
      if (found) {
        const done = await used(stream, found, async (held) =>
          (await mayBeUsed(held)) ? { result: await work(held) } : undefined,
        );
        if (done) return done.result;
        if (entries.peek(stream) === found) entries.delete(stream);
      }
      const held = await load();
      if (held === undefined) return undefined;
      const entry = { held, isUsed: false, isLetGo: false };
      entries.set(stream, entry);
      return await used(stream, entry, work);
    });
}
