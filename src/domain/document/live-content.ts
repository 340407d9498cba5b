import type { SectionId } from '#domain/ids.ts';
import { type Content, emptyContent, reread } from './content.ts';

/**
 * A document's content as events arrive. Automerge takes five milliseconds for a change to a long
 * section and little more for a hundred, so changes wait until somebody looks.
 *
 * A **linear** value: it changes in place, so that of a state and the one that follows it only
 * the latter may be used.
 */
export type LiveContent = {
  settled: Content;
  /** Automerge changes that `settled` does not hold yet, and what they touch. */
  waiting: Uint8Array[];
  touched: Set<SectionId>;
  /** How many times changes came in. */
  version: number;
};

export const liveContent = (settled: Content): LiveContent => ({
  settled,
  waiting: [],
  touched: new Set(),
  version: 0,
});

export const newLiveContent = (title: string): LiveContent => liveContent(emptyContent(title));

export function takeChanges(
  live: LiveContent,
  changes: readonly Uint8Array[],
  touched: Iterable<SectionId>,
): void {
  live.waiting.push(...changes);
  for (const section of touched) live.touched.add(section);
  live.version++;
}

/** The content with everything in it that came in. */
export function settled(live: LiveContent): Content {
  if (live.waiting.length > 0) {
    live.settled.replica.applyChanges(live.waiting);
    live.settled = reread(live.settled, live.touched);
    live.waiting = [];
    live.touched = new Set();
  }
  return live.settled;
}

/** Puts another copy, which holds everything that came in, in the place of this one. */
export function replaceContent(live: LiveContent, content: Content): void {
  live.settled.replica.free();
  live.settled = content;
  live.waiting = [];
  live.touched = new Set();
  live.version++;
}
