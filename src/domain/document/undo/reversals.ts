import { isInEffect } from './groups.ts';
import { GONE, GROUND, type Ledger, type Owner, REVERSED, addRun, counts } from './ledger.ts';

/** Changes that a merge brought: so many of this actor's, from `seq` (its first is 1). */
export type Reversed = {
  readonly actor: string;
  readonly seq: number;
  readonly count: number;
  /** Whether they count from here on. */
  readonly counts: boolean;
};

/** A later merge of the same branch says of changes that they count, or no longer. */
export function reverse(ledger: Ledger, reversed: readonly Reversed[], by: number): void {
  if (reversed.length === 0) return;
  const owners = new Map<string, Owner>();
  const ownerOf = (was: Owner, isCounting: boolean): Owner => {
    const key = `${was} ${isCounting}`;
    const known = owners.get(key);
    if (known !== undefined) return known;
    const index = ledger.reversals.push({ was, by, counts: isCounting }) - 1;
    owners.set(key, REVERSED - index);
    return REVERSED - index;
  };
  const before = ledger.actors.map(() => 0);
  for (const run of ledger.runs.splice(0)) {
    let from = (before[run.actor] ?? 0) + 1;
    const end = from + run.count;
    before[run.actor] = end - 1;
    for (const { actor, seq, count, counts } of reversed) {
      const [start, stop] = [Math.max(from, seq), Math.min(end, seq + count)];
      if (actor !== ledger.actors[run.actor] || start >= stop) continue;
      addRun(ledger.runs, { ...run, count: start - from });
      const owner = ownerOf(run.owner, counts);
      addRun(ledger.runs, { ...run, owner, count: stop - start });
      from = stop;
    }
    addRun(ledger.runs, { ...run, count: end - from });
  }
}

/** Whether it is up to this group that what the owner did counts. */
export function isUpTo(ledger: Ledger, owner: Owner, group: number): boolean {
  const reversal = ledger.reversals[REVERSED - owner];
  if (reversal === undefined) return owner === group;
  return reversal.by === group || isUpTo(ledger, reversal.was, group);
}

/** What the last merge said of changes with this owner, whatever was undone since. */
export function wasToldToCount({ reversals }: Ledger, owner: Owner): boolean {
  return owner >= 0 || owner === GROUND || reversals[REVERSED - owner]?.counts === true;
}

/** The owner as it is for ever, where no group is in reach of undo any more. */
export const settledOwner = (ledger: Ledger, owner: Owner): Owner =>
  owner >= 0 || owner <= REVERSED ? (counts(ledger, owner) ? GROUND : GONE) : owner;

/** The owner without groups that undo no longer reaches. */
export function ownerWithinReach(ledger: Ledger, owner: Owner): Owner {
  const { groups, reversals } = ledger;
  const reversal = reversals[REVERSED - owner];
  if (reversal === undefined) {
    return owner < 0 || groups.known.has(owner) ? owner : settledOwner(ledger, owner);
  }
  if (groups.known.has(reversal.by)) return owner;
  if (isInEffect(groups, reversal.by)) return reversal.counts ? GROUND : GONE;
  return ownerWithinReach(ledger, reversal.was);
}
