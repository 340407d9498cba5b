import type { Cut, Merged } from '#domain/document/events.ts';
import type { NewElements } from '#domain/document/new-elements.ts';
import { settled } from '#domain/document/live-content.ts';
import { headsToBytes } from '#domain/document/replica.ts';
import type { LivingDocument, PastCut } from '#domain/document/state.ts';
import {
  type Entry,
  type Hand,
  type Ledger,
  NOBODY,
  counts,
} from '#domain/document/undo/ledger.ts';
import type { DocumentId, SectionId } from '#domain/ids.ts';
import { Rejected } from '#domain/rejected.ts';

/** A change that was made in a branch, and what the branch thinks of it now. */
export type OwnChange = Hand & {
  readonly bytes: Uint8Array;
  readonly actor: string;
  /** Its place among the changes of its actor, from 1. */
  readonly seq: number;
  readonly as: Merged['runs'][number]['as'];
  readonly elements: NewElements | undefined;
  readonly cuts: readonly Omit<Cut, 'change'>[];
};

/** What a branch has made of the document that it began as: plain data that outlives the state. */
export type OwnChanges = {
  readonly of: DocumentId;
  /** How many of the document's changes it began with. */
  readonly began: number;
  /** In the order of the branch's log. */
  readonly changes: readonly OwnChange[];
  /** All its sections in their order, the deleted ones included. */
  readonly sections: readonly SectionId[];
};

export function ownChangesOf(document: LivingDocument): OwnChanges {
  const { branchOf, inherited, content, cuts } = document;
  if (branchOf === undefined || inherited === undefined) throw new Rejected('branch/not-found');
  const { replica, sections } = settled(content);
  const heads = [...inherited.heads];
  const all = replica.getChanges(heads);
  const recorded = recordedIn(document.ledger);
  const changes = replica.getChangesMeta(heads).flatMap(({ actor, seq, hash }, index) => {
    const [bytes, known] = [all[index], recorded.get(actor)?.[seq - 1]];
    if (bytes === undefined || known === undefined) return [];
    const { place, elements, hand } = known;
    const as = place < inherited.named ? 'gone' : carriedAs(document.ledger, known);
    const own = cuts.filter((cut) => cut.after.includes(hash)).map(cutToCarry);
    return [{ place, change: { ...hand, bytes, actor, seq, as, elements, cuts: own } as const }];
  });
  return {
    of: branchOf.document,
    began: inherited.changes,
    changes: changes.toSorted((a, b) => a.place - b.place).map(({ change }) => change),
    sections: sections.map(({ id }) => id),
  };
}

function carriedAs(ledger: Ledger, { owner, elements }: Recorded): OwnChange['as'] {
  if (owner === NOBODY) return elements === 'moves' ? 'moved' : 'revived';
  return counts(ledger, owner) ? 'edit' : 'gone';
}

const cutToCarry = ({ from, at, length, to, before, after }: PastCut): Omit<Cut, 'change'> => ({
  from,
  at,
  length,
  to,
  before: headsToBytes(before),
  after: headsToBytes(after),
});

type Recorded = Entry & { readonly place: number };

/** What the ledger says of each change, by actor and in the order in which that wrote. */
export function recordedIn(ledger: Ledger): ReadonlyMap<string, readonly Recorded[]> {
  const byActor = ledger.actors.map((): Recorded[] => []);
  let place = 0;
  for (const { actor, hand: index, count, ...run } of ledger.runs) {
    const hand = ledger.hands[index];
    if (hand === undefined) throw new Error('A change was written by nobody.');
    for (let left = count; left > 0; left--) byActor[actor]?.push({ ...run, place: place++, hand });
  }
  return new Map(ledger.actors.map((actor, index) => [actor, byActor[index] ?? []]));
}
