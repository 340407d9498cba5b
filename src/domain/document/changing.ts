import type { DecisionContext } from '#domain/decider.ts';
import { type MemberId, type SectionId, derivedUuid } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';
import { type ChangeWriter, changeWriter } from './change-writer.ts';
import { type Content, changedSections, refreshed } from './content.ts';
import type { ChangesApplied, DocumentEvent, Origin } from './events.ts';
import { LONGEST_DOCUMENT, MOST_SECTIONS } from './limits.ts';
import { type Heads, headsOf } from './replica.ts';
import { sizeOf } from './size.ts';
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
  const replica = state.content.replica.clone(actorOf(state, context.principal.member));
  try {
    const content = { ...state.content, replica };
    const writer = changeWriter(replica, context.now);
    const before = headsOf(replica);
    write(content, writer);
    writer.commit();
    return writer.changes.length === 0 ? [] : eventsOf(content, before, writer, context, why);
  } finally {
    replica.free();
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
  content: Content,
  before: Heads,
  writer: ChangeWriter,
  context: DecisionContext,
  { group, origin = 'person', restored }: Why,
): DocumentEvent[] {
  const after = refreshed(content, before);
  mustBeWithinLimits(after);
  const shared = {
    group: group ?? context.derive('group'),
    author: context.principal.member,
    origin,
    ...(restored !== undefined && { restored }),
  };
  const whole = {
    size: sizeOf(content, after, before, writer.seen()),
    sections: changedSections(content.replica, before) as SectionId[],
  };
  const rest = { size: { inserted: 0, deleted: 0 }, sections: [] };
  const portions = portionsOf(writer);
  return portions.map((portion, index) => ({
    type: 'ChangesApplied',
    data: {
      ...portion,
      ...shared,
      ...(index === 0 ? whole : rest),
      ...(index === portions.length - 1 && after.title !== content.title && { title: after.title }),
    },
  }));
}

function mustBeWithinLimits({ sections }: Content): void {
  const present = sections.filter((section) => section.present);
  if (present.length > MOST_SECTIONS) {
    throw new Rejected('document/too-many-sections', { limit: MOST_SECTIONS });
  }
  if (present.reduce((sum, { length }) => sum + length, 0) > LONGEST_DOCUMENT) {
    throw new Rejected('document/too-large', { limit: LONGEST_DOCUMENT });
  }
}

type Portion = Pick<ChangesApplied, 'changes' | 'cuts'>;

/** A large outcome is several events, each small enough for an append. */
function portionsOf({ changes, cuts }: ChangeWriter): Portion[] {
  const portions: Uint8Array[][] = [];
  let bytes = 0;
  for (const change of changes) {
    bytes += change.length;
    if (portions.length === 0 || bytes > MOST_BYTES_PER_EVENT) {
      portions.push([]);
      bytes = change.length;
    }
    portions.at(-1)?.push(change);
  }
  let first = 0;
  return portions.map((portion) => {
    const from = first;
    first += portion.length;
    const its = cuts
      .filter(({ change }) => change >= from && change < first)
      .map((cut) => ({ ...cut, change: cut.change - from }));
    return { changes: portion, ...(its.length > 0 && { cuts: its }) };
  });
}
