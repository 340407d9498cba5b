import type { DecisionContext } from '#domain/decider.ts';
import { type MemberId, type SectionId, derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { type ChangeWriter, type Written, changeWriter } from './change-writer.ts';
import { type Content, reread } from './content.ts';
import type { ChangesApplied, ContentEvent, Cut, DocumentEvent, Origin } from './events.ts';
import type { NewElements } from './new-elements.ts';
import { LONGEST_DOCUMENT, MOST_SECTIONS } from './limits.ts';
import { keepDecided, settled } from './live-content.ts';
import { withoutPatches } from './replica.ts';
import type { LivingDocument } from './state.ts';
import { isOpenTo } from './undo/groups.ts';

const MOST_BYTES_PER_EVENT = 400_000;

/** What was written, as much of it as fits an event. */
export type Portion = Omit<ChangesApplied, 'group' | 'origin' | 'restored' | 'seen' | 'suggestion'>;

export type Why = Pick<ChangesApplied, 'restored' | 'seen' | 'suggestion'> & {
  readonly group?: string | undefined;
  readonly origin?: Origin | undefined;
};

/** Lets `write` edit a copy of the document, and answers what happened. */
export function changing(
  state: LivingDocument,
  context: DecisionContext,
  { group, origin = 'person', restored, seen, suggestion }: Why,
  write: (content: Content, writer: ChangeWriter) => void,
): DocumentEvent[] {
  const why = {
    group: groupFor(state, context, group),
    origin,
    ...(restored !== undefined && { restored }),
    ...(seen !== undefined && { seen }),
    ...(suggestion !== undefined && { suggestion }),
  };
  return writing(state, context, write, (portion) => ({
    type: 'ChangesApplied',
    data: { ...portion, ...why },
  }));
}

/** The group that the caller named, or a new one where that takes nothing more in. */
export function groupFor(
  { ledger }: LivingDocument,
  { principal, derive }: DecisionContext,
  named: string | undefined,
): string {
  const id = named?.toLowerCase();
  return id !== undefined && isOpenTo(ledger.groups, id, principal.member) ? id : derive('group');
}

/**
 * Lets `write` change a copy of the document, as its member's actor, and answers what happened,
 * as `eventOf` says it.
 * With `isSaidAnyway`, also that nothing was written.
 * Writers on one stream are serialised by its revision, so that an actor never writes two
 * different changes with one sequence number.
 */
export function writing(
  state: LivingDocument,
  context: DecisionContext,
  write: (content: Content, writer: ChangeWriter) => void,
  eventOf: (portion: Portion, written: readonly Written[]) => ContentEvent,
  isSaidAnyway = false,
): DocumentEvent[] {
  const before = settled(state.content);
  const replica = before.replica.clone(serverActor(state, context.principal.member));
  let isKept = false;
  try {
    const copy = { ...before, replica };
    const writer = changeWriter(replica, context.now);
    write(copy, writer);
    writer.commit();
    if (writer.written.length === 0 && !isSaidAnyway) return [];
    const after = reread(copy, new Set(writer.written.flatMap(({ touched }) => touched)));
    mustBeWithinLimits(after);
    const title = after.title === before.title ? undefined : after.title;
    const parts = writer.written.length === 0 ? [[]] : smallEnough(writer.written);
    const portions = portionsOf(parts, writer, title, context);
    const events = portions.map((portion, index) => eventOf(portion, parts[index] ?? []));
    withoutPatches(replica);
    keepDecided(
      state.content,
      events.map(({ data }) => data),
      after,
    );
    isKept = true;
    return events;
  } finally {
    if (!isKept) replica.free();
  }
}

/** The actor that the server writes as for a member. */
export const serverActor = (
  { actorSeed }: Pick<LivingDocument, 'actorSeed'>,
  member: MemberId,
): string => derivedUuid('server-actor', actorSeed, member).replaceAll('-', '');

/** 64 random bits: a UUIDv5 without its version and variant. A repeat makes the same ids. */
export function sectionIds({ derive }: DecisionContext): () => SectionId {
  let count = 0;
  return () => {
    const hex = derive(`section ${count++}`).replaceAll('-', '');
    return (hex.slice(0, 12) + hex.slice(-4)) as SectionId;
  };
}

function portionsOf(
  parts: readonly (readonly Written[])[],
  { size, seconds }: ChangeWriter,
  title: string | undefined,
  { principal }: DecisionContext,
): Portion[] {
  return parts.map((part, index) => {
    const cuts = part.flatMap(({ cuts }, change) => cuts.map(cutIn(change)));
    const those = (wanted: NewElements) =>
      part.flatMap(({ elements }, change) => (elements === wanted ? [change] : []));
    const [moves, revived] = [those('moves'), those('revived')];
    const isLast = index === parts.length - 1;
    return Object.assign(
      {
        changes: part.map(({ bytes }) => bytes),
        author: principal.member,
        at: seconds,
        size: index === 0 ? size : { inserted: 0, deleted: 0 },
        sections: [...new Set(part.flatMap(({ touched }) => touched))],
      },
      isLast && title !== undefined && { title },
      cuts.length > 0 && { cuts },
      moves.length > 0 && { moves },
      revived.length > 0 && { revived },
    );
  });
}

const cutIn =
  (change: number) =>
  ({ from, at, length, to, before, after }: Omit<Cut, 'change'>): Cut => ({
    change,
    from,
    at,
    length,
    to,
    before,
    after,
  });

function mustBeWithinLimits({ sections }: Content): void {
  const present = sections.filter((section) => section.present);
  if (present.length > MOST_SECTIONS) {
    throw new Rejected('document/too-many-sections', { limit: MOST_SECTIONS });
  }
  if (present.reduce((sum, { length }) => sum + length, 0) > LONGEST_DOCUMENT) {
    throw new Rejected('document/too-large', { limit: LONGEST_DOCUMENT });
  }
}

/** A large outcome is several events, each small enough for an append. */
function smallEnough(written: readonly Written[]): Written[][] {
  const portions: Written[][] = [];
  let bytes = 0;
  for (const change of written) {
    bytes += change.bytes.length;
    if (portions.length === 0 || bytes > MOST_BYTES_PER_EVENT) {
      portions.push([]);
      bytes = change.bytes.length;
    }
    portions.at(-1)?.push(change);
  }
  return portions;
}
