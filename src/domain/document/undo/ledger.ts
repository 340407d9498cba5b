import { ByteReader } from './columns.ts';
import { type EditGroups, isInEffect, newEditGroups } from './groups.ts';

/**
 * On whose account each change of a document is: for every change in log order its actor and its
 * owner, in runs. With it, what Automerge keeps of every character (`saved-document.ts`) tells
 * which groups wrote and deleted it, so that nothing is kept for a character twice and folding a
 * keystroke costs the same however long the text is.
 *
 * A **linear** value, like the content: it changes in place.
 */
export type Ledger = {
  readonly actors: string[];
  /** How many changes of each actor there are. */
  readonly counts: number[];
  readonly runs: Run[];
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
  /** What the changes insert are, on their owner's account, characters that come back. */
  readonly isRevival: boolean;
  count: number;
};

/** A group's number, or one of the below. */
export type Owner = number;

/** What the document began with, and what is beyond the reach of undo. */
export const GROUND: Owner = -1;
/** Groups beyond the reach of undo that were taken back. */
export const GONE: Owner = -2;
/**
 * The server's: text moves. The characters that the change inserts are, one after the other,
 * those that it deletes.
 */
export const MOVED: Owner = -3;
/** The server's, for undo: characters come back, each right behind the element that it was. */
export const REVIVED: Owner = -4;

export const newLedger = (): Ledger => ({
  actors: [],
  counts: [],
  runs: [],
  groups: newEditGroups(),
  ground: undefined,
  settlings: 0,
});

/** Whether what the owner did counts. What the server does for undo never does: it only follows. */
export const counts = ({ groups }: Ledger, owner: Owner): boolean =>
  owner >= 0 ? isInEffect(groups, owner) : owner === GROUND;

export function record(
  ledger: Ledger,
  change: Uint8Array,
  owner: Owner,
  isRevival = owner === REVIVED,
): void {
  const name = actorOf(change);
  let actor = ledger.actors.indexOf(name);
  if (actor < 0) actor = ledger.actors.push(name) - 1;
  ledger.counts[actor] = (ledger.counts[actor] ?? 0) + 1;
  addRun(ledger.runs, { actor, owner, isRevival, count: 1 });
}

export function addRun(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  const isSame =
    last?.actor === run.actor && last.owner === run.owner && last.isRevival === run.isRevival;
  if (isSame) last.count += run.count;
  else runs.push({ ...run });
}

const MAGIC_CHECKSUM_AND_TYPE = 9;
const HASH_BYTES = 32;

/** Who wrote a change, from its head: decoding its operations would cost a hundred times more. */
export function actorOf(change: Uint8Array): string {
  const reader = new ByteReader(change, MAGIC_CHECKSUM_AND_TYPE);
  reader.unsigned();
  reader.take(reader.unsigned() * HASH_BYTES);
  return Buffer.from(reader.take(reader.unsigned())).toString('hex');
}
