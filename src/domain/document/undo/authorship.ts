import type { NewElements } from '#domain/document/new-elements.ts';
import { NONE } from './columns.ts';
import { GROUND, type Ledger, type Owner } from './ledger.ts';
import type { SavedDocument } from './saved-document.ts';

/** The change that an operation belongs to. */
export type Authorship = {
  readonly owner: Owner;
  readonly elements: NewElements | undefined;
  /** Where the change stands in the log. */
  readonly place: number;
  /** Its place among the changes of its actor, from 1. */
  readonly seq: number;
  /** Who wrote it: an index of the ledger's hands. */
  readonly hand: number;
  /** When its author wrote it, in seconds since 1970. */
  at: number;
};

/** Finds the change of an operation, by actor (an index of the saved document) and counter. */
export type AuthorshipOf = (actor: number, counter: number) => Authorship;

/** By actor: operations outside of this span are in none of the changes that were asked for. */
export type Span = { readonly from: Float64Array; readonly to: Float64Array };

export type Authors = {
  readonly authorshipOf: AuthorshipOf;
  /** To look each operation's change up costs more than to see that it is outside of a span. */
  readonly spanOf: (isMeant: (authorship: Authorship) => boolean) => Span;
};

type Written = { readonly maxOps: number[]; readonly changes: Authorship[] };

export function authorsIn(saved: SavedDocument, ledger: Ledger): Authors {
  const byActor = changesByActor(saved, ledger);
  // Neighbours in a text were mostly written by one change, or one right behind it.
  const last = saved.actors.map(() => 0);
  return {
    authorshipOf: (actor, counter) => {
      const { maxOps, changes } = byActor[actor] ?? nothing;
      let index = last[actor] ?? 0;
      if (!isAt(maxOps, index, counter)) index = firstReaching(maxOps, counter);
      last[actor] = index;
      return changes[index] ?? unknown;
    },
    spanOf: (isMeant) => spanOf(byActor, isMeant),
  };
}

function spanOf(byActor: readonly Written[], isMeant: (authorship: Authorship) => boolean): Span {
  const from = new Float64Array(byActor.length).fill(Infinity);
  const to = new Float64Array(byActor.length).fill(NONE);
  for (const [actor, { maxOps, changes }] of byActor.entries()) {
    for (const [index, change] of changes.entries()) {
      if (!isMeant(change)) continue;
      if (from[actor] === Infinity) from[actor] = maxOps[index - 1] ?? 0;
      to[actor] = maxOps[index] ?? Infinity;
    }
  }
  return { from, to };
}

const nothing: Written = { maxOps: [], changes: [] };
/** What is just being written: it counts, and comes after everything else. */
const unknown: Authorship = {
  owner: GROUND,
  elements: undefined,
  place: Infinity,
  seq: Infinity,
  hand: 0,
  at: 0,
};

const isAt = (maxOps: readonly number[], index: number, counter: number): boolean =>
  counter <= (maxOps[index] ?? -1) && counter > (maxOps[index - 1] ?? 0);

function firstReaching(maxOps: readonly number[], counter: number): number {
  let [low, high] = [0, maxOps.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((maxOps[middle] ?? 0) < counter) low = middle + 1;
    else high = middle;
  }
  return low;
}

function changesByActor({ actors, changes }: SavedDocument, ledger: Ledger): readonly Written[] {
  const found: Written[] = actors.map(() => ({ maxOps: [], changes: [] }));
  const indexes = new Map(actors.map((actor, index) => [actor, index]));
  let place = 0;
  for (const { actor, owner, elements, hand, count } of ledger.runs) {
    const written = found[indexes.get(ledger.actors[actor] ?? '') ?? -1]?.changes;
    for (let left = count; left > 0; left--, place++) {
      written?.push({ owner, elements, place, seq: written.length + 1, hand, at: 0 });
    }
  }
  for (let change = 0; change < changes.count; change++) {
    const written = found[changes.actor[change] ?? -1];
    if (written) tell(written, (changes.seq[change] ?? 0) - 1, changes, change);
  }
  return found;
}

function tell(
  { maxOps, changes }: Written,
  index: number,
  { maxOp, at }: SavedDocument['changes'],
  change: number,
): void {
  maxOps[index] = maxOp[change] ?? 0;
  const authorship = changes[index];
  if (authorship) authorship.at = at[change] ?? 0;
}
