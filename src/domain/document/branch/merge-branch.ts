import type { DecisionContext } from '#domain/decider.ts';
import { mustMay } from '#domain/document/access.ts';
import { sectionIds, serverActor, writing } from '#domain/document/changing.ts';
import type { MergeBranch } from '#domain/document/commands.ts';
import type { DocumentEvent, Merged } from '#domain/document/events.ts';
import { cutFromOf } from '#domain/document/reading.ts';
import type { DocumentState, LivingDocument } from '#domain/document/state.ts';
import { type Ledger, NOBODY, changesIn, copyOf } from '#domain/document/undo/ledger.ts';
import { takeMerge } from '#domain/document/undo/recording.ts';
import { type Reversed, wasToldToCount } from '#domain/document/undo/reversals.ts';
import { Rejected } from '#domain/rejected.ts';
import { type OwnChange, type OwnChanges, recordedIn } from './own-changes.ts';
import { runsOf, writersOf } from './writers.ts';
import { writeMerge } from './write-merge.ts';

/**
 * One new edit that brings the branch's own changes, as their authors made them: those that the
 * document does not have, so that a second merge brings what is new since.
 */
export function mergeBranch(
  { id, branch, revision }: MergeBranch,
  state: DocumentState,
  context: DecisionContext,
): DocumentEvent[] {
  const document = mustMay(state, context.principal, 'document.edit');
  if (document.status === 'archived') throw new Rejected('document/archived');
  const { fresh, reversed } = newIn(branch, document.ledger);
  if (fresh.length === 0 && reversed.length === 0) return [];

  const group = context.derive('group');
  const { member } = context.principal;
  const ofMerge = { author: member, origin: 'merge' } as const;
  const writers = writersOf(fresh, ofMerge);
  const ledger = ledgerThen(document, { group, ...ofMerge, fresh, reversed });
  const merging = {
    branch,
    fresh,
    ledger,
    start: changesIn(document.ledger),
    cutFrom: cutFromWith(document, fresh),
    actor: serverActor(document, member),
    newId: sectionIds(context),
  };
  // Said once, however many events there are.
  let said: Pick<Merged, 'reversed'> = reversed.length === 0 ? {} : { reversed };
  return writing(
    document,
    context,
    (content, writer) => writeMerge(merging, content, writer, writers.claim),
    (portion, written) => {
      const { carried, runs } = writers.of(written);
      const merged = { branch: id, revision, began: branch.began, carried, runs, ...said };
      said = {};
      return { type: 'ChangesApplied', data: { ...portion, group, origin: 'merge', merged } };
    },
    reversed.length > 0,
  );
}

type New = {
  readonly fresh: readonly OwnChange[];
  readonly reversed: NonNullable<Merged['reversed']>;
};

/** What the document does not know of the branch yet. */
function newIn({ changes }: OwnChanges, ledger: Ledger): New {
  const recorded = recordedIn(ledger);
  const fresh: OwnChange[] = [];
  const reversed: Reversed[] = [];
  for (const change of changes) {
    const owner = recorded.get(change.actor)?.[change.seq - 1]?.owner;
    if (owner === undefined) fresh.push(change);
    else if (owner !== NOBODY) {
      const counts = change.as === 'edit';
      if (counts !== wasToldToCount(ledger, owner)) addReversed(reversed, change, counts);
    }
  }
  return { fresh, reversed: reversed.map(toStored) };
}

const toStored = ({ actor, seq, count, counts }: Reversed) => ({
  actor: new Uint8Array(Buffer.from(actor, 'hex')),
  seq,
  count,
  counts,
});

function addReversed(reversed: Reversed[], { actor, seq }: OwnChange, counts: boolean): void {
  const last = reversed.at(-1);
  const isNext = last?.actor === actor && last.counts === counts && last.seq + last.count === seq;
  if (isNext) reversed[reversed.length - 1] = { ...last, count: last.count + 1 };
  else reversed.push({ actor, seq, count: 1, counts });
}

/** On whose account everything is once the branch's changes are in. */
function ledgerThen(
  { ledger }: LivingDocument,
  {
    fresh,
    reversed,
    ...merge
  }: New & Pick<Parameters<typeof takeMerge>[1], 'group' | 'author' | 'origin'>,
): Ledger {
  const then = copyOf(ledger);
  const changes = fresh.map(({ bytes }) => bytes);
  const revived = fresh.flatMap(({ elements }, index) => (elements === 'revived' ? [index] : []));
  takeMerge(then, { ...merge, changes, revived }, { runs: runsOf(fresh), reversed });
  return then;
}

const cutFromWith = (document: LivingDocument, fresh: readonly OwnChange[]) => ({
  ...cutFromOf(document),
  ...Object.fromEntries(fresh.flatMap(({ cuts }) => cuts.map(({ from, to }) => [to, from]))),
});
