import type { DecisionContext } from '#domain/decider.ts';
import { type MemberId, type SectionId, derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { type ChangeWriter, type Written, changeWriter } from './change-writer.ts';
import { type Content, reread } from './content.ts';
import type { ChangesApplied, Cut, DocumentEvent, Origin } from './events.ts';
import { LONGEST_DOCUMENT, MOST_SECTIONS } from './limits.ts';
import { keepDecided, settled } from './live-content.ts';
import { withoutPatches } from './replica.ts';
import type { LivingDocument } from './state.ts';

const MOST_BYTES_PER_EVENT = 400_000;

export type Why = Pick<ChangesApplied, 'restored'> & {
  readonly group?: string | undefined;
  readonly origin?: Origin | undefined;
};

/**
 * Lets `write` change a copy of the document, as its member's actor, and answers what happened.
 * Writers on one stream are serialised by its revision, so that an actor never writes two
 * different changes with one sequence number.
 */
export function changing(
  state: LivingDocument,
  context: DecisionContext,
  why: Why,
  write: (content: Content, writer: ChangeWriter) => void,
): DocumentEvent[] {
  const before = settled(state.content);
  const replica = before.replica.clone(actorOf(state, context.principal.member));
  let isKept = false;
  try {
    const copy = { ...before, replica };
    const writer = changeWriter(replica, context.now);
    write(copy, writer);
    writer.commit();
    if (writer.written.length === 0) return [];
    const after = reread(copy, new Set(writer.written.flatMap(({ touched }) => touched)));
    mustBeWithinLimits(after);
    const title = after.title === before.title ? undefined : after.title;
    const events = eventsOf(writer, title, context, why);
    withoutPatches(replica);
    keepDecided(state.content, events, after);
    isKept = true;
    return events.map((data) => ({ type: 'ChangesApplied', data }));
  } finally {
    if (!isKept) replica.free();
  }
}

const actorOf = ({ actorSeed }: LivingDocument, member: MemberId): string =>
  derivedUuid('server-actor', actorSeed, member).replaceAll('-', '');

/** 64 random bits: a UUIDv5 without its version and variant. A repeat makes the same ids. */
export function sectionIds({ derive }: DecisionContext): () => SectionId {
  let count = 0;
  return () => {
    const hex = derive(`section ${count++}`).replaceAll('-', '');
    return (hex.slice(0, 12) + hex.slice(-4)) as SectionId;
  };
}

function eventsOf(
  { written, size }: ChangeWriter,
  title: string | undefined,
  context: DecisionContext,
  { group, origin = 'person', restored }: Why,
): ChangesApplied[] {
  const portions = portionsOf(written);
  const shared = {
    group: group ?? context.derive('group'),
    author: context.principal.member,
    origin,
    ...(restored !== undefined && { restored }),
  };
  return portions.map((portion, index) => {
    const cuts = portion.flatMap(({ cuts }, change) => cuts.map(cutIn(change)));
    const isLast = index === portions.length - 1;
    return Object.assign(
      {
        changes: portion.map(({ bytes }) => bytes),
        size: index === 0 ? size : { inserted: 0, deleted: 0 },
        sections: [...new Set(portion.flatMap(({ touched }) => touched))],
      },
      shared,
      isLast && title !== undefined && { title },
      cuts.length > 0 && { cuts },
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
function portionsOf(written: readonly Written[]): Written[][] {
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
