import type { Knows } from '#domain/document/branch/sides.ts';
import type { Ledger } from '#domain/document/undo/ledger.ts';
import { NONE } from '#domain/document/undo/columns.ts';
import type { SavedDocument } from '#domain/document/undo/saved-document.ts';

/**
 * For each change of a document, by its place in the ledger, what its author knew: the changes that
 * it was made on top of, and all that those were made on top of.
 */
export type Pasts = (place: number) => Knows;

/** How many changes of each actor were known, the author's own apart. */
type Counts = Int32Array;

export function pastsIn(saved: SavedDocument, ledger: Ledger): Pasts {
  const { actor, seq } = saved.changes;
  const counts = countsOf(saved);
  const rows = rowsByPlace(saved, ledger);
  return (place) => {
    const row = rows[place] ?? NONE;
    const [own, last, known] = [actor[row], seq[row] ?? 0, counts[row]];
    return (other) => {
      const at = rows[other] ?? NONE;
      // Whoever writes knows what they wrote before.
      if (actor[at] === own) return (seq[at] ?? Infinity) < last;
      return (seq[at] ?? Infinity) <= (known?.[actor[at] ?? NONE] ?? 0);
    };
  };
}

function countsOf({ actors, changes }: SavedDocument): readonly Counts[] {
  const { count, actor } = changes;
  const { start, changes: dependencies } = changes.dependencies();
  const counts: Counts[] = [];
  for (let row = 0; row < count; row++) {
    const own = dependencies.subarray(start[row], start[row + 1]);
    const before = own.length === 1 ? counts[own[0] ?? NONE] : undefined;
    // Who types alone learns nothing: thousands of changes in a row share what they knew.
    const isAlone = before !== undefined && actor[own[0] ?? NONE] === actor[row];
    counts.push(isAlone ? before : countsWith(changes, counts, own, actors.length));
  }
  return counts;
}

function countsWith(
  { actor, seq }: SavedDocument['changes'],
  counts: readonly Counts[],
  dependencies: Float64Array,
  actors: number,
): Counts {
  const known = new Int32Array(actors);
  const know = (by: number, most: number) => (known[by] = Math.max(known[by] ?? 0, most));
  for (const before of dependencies) {
    counts[before]?.forEach((most, by) => know(by, most));
    know(actor[before] ?? NONE, seq[before] ?? 0);
  }
  return known;
}

/** Rows of the saved document's changes. */
function rowsByPlace(saved: SavedDocument, ledger: Ledger): Int32Array {
  const byActor = rowsByActor(saved);
  const rows = new Int32Array(saved.changes.count).fill(NONE);
  const told = ledger.actors.map(() => 0);
  let place = 0;
  for (const { actor, count } of ledger.runs) {
    const own = byActor.get(ledger.actors[actor] ?? '') ?? [];
    const start = told[actor] ?? 0;
    for (const row of own.slice(start, start + count)) rows[place++] = row;
    told[actor] = start + count;
  }
  return rows;
}

function rowsByActor({ actors, changes }: SavedDocument): ReadonlyMap<string, readonly number[]> {
  const found = actors.map((): number[] => []);
  for (let row = 0; row < changes.count; row++) {
    const own = found[changes.actor[row] ?? NONE];
    if (own) own[(changes.seq[row] ?? 0) - 1] = row;
  }
  return new Map(actors.map((name, index) => [name, found[index] ?? []]));
}
