import type { SectionId } from '#domain/ids.ts';
import type { Acceptance } from './accepting/acceptance.ts';
import { type Content, emptyContent, readContent, reread } from './content.ts';
import type { ContentEvent } from './events.ts';
import { applyChanges, loadReplica } from './replica.ts';

/**
 * A document's content as events arrive. Automerge takes five milliseconds for a change to a long
 * section and little more for a hundred, so changes wait until somebody looks. So does what was
 * stored: to load it takes longer than all else that opening a document does, and who only reads
 * it gets it as it is.
 *
 * A **linear** value: it changes in place, so that of a state and the one that follows it only
 * the latter may be used.
 */
export type LiveContent = {
  folded: Content | Saved;
  /** Automerge changes that `folded` does not hold yet, and what they touch. */
  waiting: Uint8Array[];
  touched: Set<SectionId>;
  /** UTF-16 units that sections grew by since `folded`, at most. */
  typed: Map<SectionId, number>;
  /** Once changes of live clients came in. */
  acceptance: Acceptance | undefined;
  /** How many times changes came in. */
  version: number;
  decided: Decided | undefined;
};

/** What Automerge saved, which nobody has looked into yet. */
type Saved = {
  readonly saved: Uint8Array;
  /** UTF-16 units of its longest section, at most. */
  readonly longest: number;
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

const liveContent = (folded: Content | Saved): LiveContent => ({
  folded,
  waiting: [],
  touched: new Set(),
  typed: new Map(),
  acceptance: undefined,
  version: 0,
  decided: undefined,
});

export const newLiveContent = (title: string): LiveContent => liveContent(emptyContent(title));

export const storedContent = (saved: Uint8Array, longest = Infinity): LiveContent =>
  liveContent({ saved, longest });

/** No section is longer, in UTF-16 units. `Infinity` where that is not known without loading. */
export function longestAtMost(live: LiveContent): number {
  const stored = asStored(live);
  return stored === undefined ? Infinity : stored.longest + Math.max(0, ...live.typed.values());
}

export const longestIn = ({ sections }: Content): number =>
  sections.reduce((most, { length }) => Math.max(most, length), 0);

/** The content without the changes that wait. What is stored is loaded for it, once. */
export function folded(live: LiveContent): Content {
  if ('saved' in live.folded) live.folded = readContent(loadReplica(live.folded.saved));
  return live.folded;
}

/** The content with everything in it that came in. */
export function settled(live: LiveContent): Content {
  const content = folded(live);
  if (live.waiting.length === 0) return content;
  applyChanges(content.replica, live.waiting);
  return takeOver(live, reread(content, live.touched));
}

/** From here on this is the content; all that waited is in it. */
function takeOver(live: LiveContent, content: Content): Content {
  live.folded = content;
  live.waiting = [];
  live.touched.clear();
  live.typed.clear();
  return content;
}

/** Everything that Automerge knows of it, in bytes that Automerge loads. */
export function saved(live: LiveContent): Uint8Array {
  const stored = asStored(live);
  return stored === undefined
    ? settled(live).replica.save()
    : Buffer.concat([stored.saved, ...live.waiting]);
}

/** Of what is stored: more beside it would take longer to send than to fold, and is memory. */
const MOST_BESIDE = 0.5;

/** What is stored, while nobody has looked into it and little came in since. */
function asStored({ folded, waiting }: LiveContent): Saved | undefined {
  if (!('saved' in folded)) return undefined;
  const beside = waiting.reduce((sum, { length }) => sum + length, 0);
  return beside <= folded.saved.length * MOST_BESIDE ? folded : undefined;
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
    freeFolded(live);
    takeOver(live, decided.content);
    live.decided = undefined;
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
  freeFolded(live);
  live.decided?.content.replica.free();
  live.decided = undefined;
}

function freeFolded({ folded }: LiveContent): void {
  if ('replica' in folded) folded.replica.free();
}
