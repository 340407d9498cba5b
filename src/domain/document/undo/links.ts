import type { Authors, Authorship } from './authorship.ts';
import { NONE } from './columns.ts';
import type { SavedDocument } from './saved-document.ts';
import { type Rows, rowAbove } from './saved-rows.ts';
import { writtenBy } from './written-by.ts';

/** Which elements are one character: by row, those before and after it. */
export type Links = {
  /** The element that took this one's place; `NONE` for the newest. */
  readonly next: Int32Array;
  /** The element that took this place's character before; `NONE` for the one that was typed. */
  readonly previous: Int32Array;
};

/** The element that a character was typed as, by what each element was made of. */
export function typedAs(previous: Int32Array, row: number): number {
  let at = row;
  for (let made = previous[at] ?? NONE; made !== NONE; made = previous[at] ?? NONE) at = made;
  return at;
}

type Linking = Links & {
  /** Elements that several others were made of. */
  readonly forked: Set<number>;
};

type Numbered = { readonly row: number; readonly counter: number };
/** What a change that moves text inserts and deletes. */
type Moves = { readonly inserted: Numbered[]; readonly deleted: Numbered[] };

/** Finds them by the changes that moved characters or brought them back. */
export function linksIn(saved: SavedDocument, authors: Authors, texts: Iterable<Rows>): Linking {
  const { ops, successors } = saved;
  const links = {
    next: new Int32Array(ops.count).fill(NONE),
    previous: new Int32Array(ops.count).fill(NONE),
    forked: new Set<number>(),
  };
  const changed = writtenBy(saved, authors, isLink);
  const moves = new Map<number, Moves>();
  const revived: number[] = [];
  for (const { start, end } of texts) {
    changed.rows(start, end, (row, { elements, place }) => {
      if (elements === 'revived') revived.push(row);
      else movesAt(moves, place).inserted.push({ row, counter: ops.counter[row] ?? NONE });
    });
    let row = start;
    const [from, to] = [successors.start[start] ?? 0, successors.start[end] ?? 0];
    changed.successors(from, to, (at, { elements, place }) => {
      if (elements === 'revived') return;
      while ((successors.start[row + 1] ?? Infinity) <= at) row++;
      movesAt(moves, place).deleted.push({ row, counter: successors.counter[at] ?? NONE });
    });
  }
  linkRevived(links, saved, revived);
  for (const one of moves.values()) linkMoved(links, one);
  return links;
}

const isLink = ({ elements }: Authorship) => elements !== undefined;

function movesAt(moves: Map<number, Moves>, place: number): Moves {
  const found = moves.get(place) ?? { inserted: [], deleted: [] };
  moves.set(place, found);
  return found;
}

function linkMoved(links: Linking, { inserted, deleted }: Moves): void {
  inserted.sort(byCounter);
  deleted.sort(byCounter);
  deleted.forEach(({ row }, index) => link(links, row, inserted[index]?.row ?? NONE));
}

const byCounter = (one: Numbered, other: Numbered) => one.counter - other.counter;

function linkRevived(links: Linking, saved: SavedDocument, revived: readonly number[]): void {
  const { actors, counters } = saved.ops.behind(revived);
  for (const [index, row] of revived.entries()) {
    link(links, rowAbove(saved, row, actors[index], counters[index]), row);
  }
}

function link({ next, previous, forked }: Linking, before: number, after: number): void {
  if (before === NONE || after === NONE) return;
  if (next[before] !== NONE) forked.add(before);
  next[before] = after;
  previous[after] = before;
}
