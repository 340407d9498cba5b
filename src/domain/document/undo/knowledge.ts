import type { Authors } from './authorship.ts';
import { NONE } from './columns.ts';
import type { SavedDocument } from './saved-document.ts';

/**
 * Whether whoever wrote the element in this row had seen what overwrote or deleted another one (by
 * its place among the successors).
 */
export type HadSeen = (row: number, successor: number) => boolean;

/** The server writes on top of everything that is in the log. */
export function hadSeenByPlace({ ops, successors }: SavedDocument, authors: Authors): HadSeen {
  const placeOf = (actor = NONE, counter = NONE) => authors.authorshipOf(actor, counter).place;
  return (row, at) =>
    placeOf(successors.actor[at], successors.counter[at]) <
    placeOf(ops.actor[row], ops.counter[row]);
}

/** What a merge brought was written on top of what the branch knew, wherever it is in the log. */
export function hadSeenByDependencies(saved: SavedDocument, authors: Authors): HadSeen {
  const { ops, successors } = saved;
  const seen = new Map<string, Float64Array>();
  const seenBy = (actor: number, seq: number): Float64Array => {
    const name = `${actor} ${seq}`;
    const known = seen.get(name) ?? lastSeen(saved, actor, seq);
    seen.set(name, known);
    return known;
  };
  return (row, at) => {
    const [actor, counter] = [ops.actor[row] ?? NONE, ops.counter[row] ?? NONE];
    const last = seenBy(actor, authors.authorshipOf(actor, counter).seq);
    return (successors.counter[at] ?? NONE) <= (last[successors.actor[at] ?? NONE] ?? NONE);
  };
}

/** By actor: the last operation among all that a change depends on. */
function lastSeen(saved: SavedDocument, by: number, seq: number): Float64Array {
  const { actor, maxOp } = saved.changes;
  const last = new Float64Array(saved.actors.length).fill(NONE);
  for (const change of allBefore(saved, by, seq)) {
    const who = actor[change] ?? NONE;
    last[who] = Math.max(last[who] ?? NONE, maxOp[change] ?? NONE);
  }
  return last;
}

function* allBefore({ changes }: SavedDocument, by: number, seq: number): Generator<number> {
  const { start, changes: dependencies } = changes.dependencies();
  const isFound = new Uint8Array(changes.count);
  const isIt = (number: number, at: number) => number === seq && changes.actor[at] === by;
  const left = [changes.seq.findIndex(isIt)];
  for (let change = left.pop(); change !== undefined; change = left.pop()) {
    for (const before of dependencies.subarray(start[change], start[change + 1])) {
      if (isFound[before] === 1) continue;
      isFound[before] = 1;
      left.push(before);
      yield before;
    }
  }
}
