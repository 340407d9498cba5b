import type { Origin } from '#domain/document/events.ts';
import type { NewElements } from '#domain/document/new-elements.ts';
import type { Heads } from '#domain/document/replica.ts';
import type { MemberId } from '#domain/ids.ts';
import { ByteReader } from './columns.ts';
import { type EditGroups, isInEffect, newEditGroups } from './groups.ts';

/**
 * On whose account each change of a document is: for every change in log order its actor, its
 * owner and its hand, in runs. With it, what Automerge keeps of every character (`saved-document.ts`) tells
 * which groups wrote and deleted it, so that nothing is kept for a character twice and folding a
 * keystroke costs the same however long the text is.
 *
 * A **linear** value, like the content: it changes in place.
 */
export type Ledger = {
  readonly actors: string[];
  /** How many changes of each actor there are. */
  readonly counts: number[];
  /** Who wrote anything, and how: an index of it says so of each change, for ever. */
  readonly hands: Hand[];
  readonly runs: Run[];
  readonly reversals: Reversal[];
  readonly groups: EditGroups;
  /** The group that the document began with, which is nobody's to take back. */
  ground: string | undefined;
  /** How often characters went and came back, which are other elements since. */
  settlings: number;
};

/** How much of a document there was at some point. */
export type Known = {
  /** How many changes of each actor. */
  readonly counts: ReadonlyMap<string, number>;
  readonly settlings: number;
};

export const knownIn = ({ actors, counts, settlings }: Ledger): Known => ({
  counts: new Map(actors.map((actor, index) => [actor, counts[index] ?? 0])),
  settlings,
});

export type Run = {
  readonly actor: number;
  readonly owner: Owner;
  /** What the elements are that the changes insert. Those that move are nobody's. */
  readonly elements: NewElements | undefined;
  readonly hand: number;
  count: number;
};

/**
 * What a merge says of changes that an earlier one brought: they count, or no longer. While the
 * merge (a group's number) is not in effect, what `was` before holds.
 */
export type Reversal = { readonly was: Owner; readonly by: number; readonly counts: boolean };

/** Undo forgets groups in time; who wrote a text is never forgotten. */
export type Hand = { readonly author: MemberId; readonly origin: Origin };

/** A group's number, or one of the below. */
export type Owner = number;

/** What the document began with, and what is beyond the reach of undo. */
export const GROUND: Owner = -1;
/** Groups beyond the reach of undo that were taken back. */
export const GONE: Owner = -2;
/** The server's: it only follows. Text moves, and characters come and go as others made it so. */
export const NOBODY: Owner = -3;
/** The first reversal; the next ones count down. */
export const REVERSED: Owner = -16;

export const newLedger = (): Ledger => ({
  actors: [],
  counts: [],
  hands: [],
  runs: [],
  reversals: [],
  groups: newEditGroups(),
  ground: undefined,
  settlings: 0,
});

/** A ledger that can go another way. */
export const copyOf = ({ groups, ...ledger }: Ledger): Ledger => ({
  ...structuredClone(ledger),
  groups: {
    ...groups,
    known: new Map(groups.known),
    numbers: new Map(groups.numbers),
    newestOf: new Map(groups.newestOf),
    redoable: new Set(groups.redoable),
    gone: new Set(groups.gone),
  },
});

/** Whether what the owner did counts. What the server does on nobody's account only follows. */
export function counts(
  ledger: Ledger,
  owner: Owner,
  isIn = (group: number): boolean => isInEffect(ledger.groups, group),
): boolean {
  if (owner >= 0) return isIn(owner);
  const reversal = ledger.reversals[REVERSED - owner];
  if (reversal === undefined) return owner === GROUND;
  return isIn(reversal.by) ? reversal.counts : counts(ledger, reversal.was, isIn);
}

/** Whether a branch was ever merged. */
export const isMerged = ({ hands }: Ledger): boolean =>
  hands.some(({ origin }) => origin === 'merge');

/** How many changes there are. */
export const changesIn = (ledger: Ledger): number =>
  ledger.counts.reduce((sum, count) => sum + count, 0);

/** What a change does, and who wrote it. */
export type Entry = Pick<Run, 'owner' | 'elements'> & { readonly hand: Hand };

export function record(ledger: Ledger, change: Uint8Array, { hand, ...entry }: Entry): void {
  const name = actorOf(change);
  let actor = ledger.actors.indexOf(name);
  if (actor < 0) actor = ledger.actors.push(name) - 1;
  ledger.counts[actor] = (ledger.counts[actor] ?? 0) + 1;
  addRun(ledger.runs, { ...entry, actor, hand: handIn(ledger.hands, hand), count: 1 });
}

export function handIn(hands: Hand[], { author, origin }: Hand): number {
  const known = hands.findIndex((hand) => hand.author === author && hand.origin === origin);
  return known < 0 ? hands.push({ author, origin }) - 1 : known;
}

export function addRun(runs: Run[], run: Run): void {
  if (run.count === 0) return;
  const last = runs.at(-1);
  const isSame =
    last?.actor === run.actor &&
    last.owner === run.owner &&
    last.elements === run.elements &&
    last.hand === run.hand;
  if (isSame) last.count += run.count;
  else runs.push({ ...run });
}

const MAGIC_CHECKSUM_AND_TYPE = 9;
const HASH_BYTES = 32;

/** Who wrote a change, from its head: decoding its operations would cost a hundred times more. */
export const actorOf = (change: Uint8Array): string => headOf(change).actor;

/** Who wrote a change, and on top of which others. */
export function headOf(change: Uint8Array): { readonly actor: string; readonly deps: Heads } {
  const reader = new ByteReader(change, MAGIC_CHECKSUM_AND_TYPE);
  reader.unsigned();
  const deps = Array.from({ length: reader.unsigned() }, () => hex(reader.take(HASH_BYTES)));
  return { actor: hex(reader.take(reader.unsigned())), deps };
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
