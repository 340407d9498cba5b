import type { ConcurrentEdit } from '#domain/document/conflict/find-conflicts.ts';
import { NOTHING, type Standing, standingWith } from '#domain/document/conflict/standing.ts';
import {
  type ContentEvent,
  type ContentInherited,
  contentEvents,
} from '#domain/document/events.ts';
import type { OpenedEvent } from '#domain/event.ts';
import type { StreamName } from '#domain/stream.ts';
import type { ConflictFinder } from './conflict-finder.ts';
import type { ProjectedEvent } from './projection.ts';

/** How far a document was followed. */
export type Followed = Standing & { readonly revision: number };

/** Of an event: how many changes the document has with it. */
export type Counted = { readonly event: ProjectedEvent; readonly changes: number };

/** Edits whose authors had not seen everything, and the revision up to which no text moved since. */
export type Run = {
  readonly edits: readonly (ConcurrentEdit & { readonly revision: number })[];
  readonly revision: number;
};

/** So many edits are looked at before the database hears of this transaction again. */
const MOST_TOGETHER = 200;

export type Following = {
  readonly followed: Followed;
  readonly counted: readonly Counted[];
  readonly runs: readonly Run[];
};

/**
 * Follows one document through events that come one after the other, and finds the edits that know
 * not everything: for all others nothing is looked at but the hashes that their changes name.
 */
export async function follow(
  finder: ConflictFinder,
  stream: StreamName,
  events: readonly ProjectedEvent[],
  known: Followed | undefined,
): Promise<Following> {
  let followed = known ?? { ...NOTHING, revision: -1 };
  const counted: Counted[] = [];
  const runs: Run[] = [];
  let edits: Run['edits'][number][] = [];
  let last: ProjectedEvent['header'] | undefined;
  // The events of one command take effect with its last.
  const endRun = () => {
    if (last === undefined || last.unfinished === true) return;
    if (edits.length > 0) runs.push({ edits, revision: last.revision });
    edits = [];
  };
  for (const event of events) {
    const { revision } = event.header;
    const isAlone = event.header.unfinished === true || movesText(event);
    if (isAlone) endRun();
    // Of a command that was cut off, or whose letters were dropped, nothing was seen here.
    const isNext = revision === followed.revision + 1;
    const before = isNext ? followed : await standing(finder, stream, revision - 1);
    followed = { changes: before.changes, heads: before.heads, revision };
    if (isContentEvent(event)) {
      const next = standingWith(before, event, finder.hashOf);
      if (next.isConcurrent) edits.push(editOf(event, revision, before.changes));
      followed = { ...next.standing, revision };
    } else if (endsInheritance(event)) {
      followed = { ...(await standing(finder, stream, revision)), revision };
    }
    if (followed.changes > before.changes) counted.push({ event, changes: followed.changes });
    last = event.header;
    if (isAlone || edits.length >= MOST_TOGETHER) endRun();
  }
  endRun();
  return { followed, counted, runs };
}

const standing = async (
  finder: ConflictFinder,
  stream: StreamName,
  revision: number,
): Promise<Standing> =>
  revision < 0 ? NOTHING : ((await finder.standingAt(stream, revision)) ?? NOTHING);

function editOf(
  { type, data }: ContentEvent,
  revision: number,
  from: number,
): Run['edits'][number] {
  const seen = type === 'ChangesApplied' ? data.seen : undefined;
  return { revision, from, to: from + data.changes.length, seen, sections: data.sections };
}

type DocumentContentEvent = OpenedEvent & ContentEvent;

const isContentEvent = (event: ProjectedEvent): event is DocumentContentEvent =>
  event.erased !== true && (contentEvents as readonly string[]).includes(event.type);

const endsInheritance = (event: ProjectedEvent): boolean =>
  event.type === 'ContentInherited' &&
  event.erased !== true &&
  (event.data as ContentInherited | undefined)?.sections !== undefined;

/** Of what moved or came back only the document as it was then can tell where it belonged. */
const movesText = (event: ProjectedEvent): boolean =>
  isContentEvent(event) &&
  (event.type !== 'ChangesApplied' ||
    event.data.cuts !== undefined ||
    event.data.moves !== undefined ||
    event.data.revived !== undefined ||
    event.data.merged !== undefined);
