import type { SectionId } from '#domain/ids.ts';
import type { Acceptance } from './accepting/acceptance.ts';
import { type Content, emptyContent, reread } from './content.ts';
import type { ContentEvent } from './events.ts';
import { applyChanges } from './replica.ts';

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
  /** UTF-16 units that sections grew by since `settled`, at most. */
  typed: Map<SectionId, number>;
  /** Once changes of live clients came in. */
  acceptance: Acceptance | undefined;
  /** How many times changes came in. */
  version: number;
  decided: Decided | undefined;
};

/**
 * The copy that the newest decision wrote to. Taking it over when the decision's last event is
 * folded costs nothing; to apply the changes again costs time with the length of the section.
 */
type Decided = {
  readonly content: Content;
  readonly lastEvent: Written;
  /** That of the document when all but the last event are folded and nothing else is. */
  readonly version: number;
};

type Written = ContentEvent['data'];

export const liveContent = (settled: Content): LiveContent => ({
  settled,
  waiting: [],
  touched: new Set(),
  typed: new Map(),
  acceptance: undefined,
  version: 0,
  decided: undefined,
});

export const newLiveContent = (title: string): LiveContent => liveContent(emptyContent(title));

/** The content with everything in it that came in. */
export function settled(live: LiveContent): Content {
  if (live.waiting.length > 0) {
    applyChanges(live.settled.replica, live.waiting);
    live.settled = reread(live.settled, live.touched);
    live.waiting = [];
    live.touched.clear();
    live.typed.clear();
  }
  return live.settled;
}

export function takeChanges(
  live: LiveContent,
  changes: readonly Uint8Array[],
  touched: Iterable<SectionId>,
): void {
  live.waiting.push(...changes);
  for (const section of touched) live.touched.add(section);
  live.version++;
}

export function takeEvent(live: LiveContent, event: Written): void {
  const { decided } = live;
  if (decided?.lastEvent === event && decided.version === live.version) {
    live.settled.replica.free();
    live.settled = decided.content;
    live.decided = undefined;
    live.waiting = [];
    live.touched.clear();
    live.typed.clear();
    live.version++;
    return;
  }
  takeChanges(live, event.changes, event.sections);
  // Which of the sections grew it does not say.
  for (const section of event.sections) {
    live.typed.set(section, (live.typed.get(section) ?? 0) + event.size.inserted);
  }
}

/** Keeps the copy that `events` were written to, until they are folded or another is decided. */
export function keepDecided(live: LiveContent, events: readonly Written[], content: Content): void {
  live.decided?.content.replica.free();
  const lastEvent = events.at(-1);
  live.decided = lastEvent && { content, lastEvent, version: live.version + events.length - 1 };
}

/** Gives the memory back, which is WebAssembly's: the garbage collector does not see it. */
export function freeContent(live: LiveContent): void {
  live.settled.replica.free();
  live.decided?.content.replica.free();
  live.decided = undefined;
}
