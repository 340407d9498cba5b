import { type Authorship, isWithin } from './authorship.ts';
import type { Characters } from './characters.ts';
import { NONE } from './columns.ts';
import { MOVED } from './ledger.ts';
import type { SavedDocument } from './saved-document.ts';

type Numbered = { readonly row: number; readonly counter: number };
/** What a change that moves text inserts and deletes. */
type Moves = { readonly inserted: Numbered[]; readonly deleted: Numbered[] };

/** Finds which elements are one character: those that a change moved or brought back. */
export function linkElements(characters: Characters): void {
  const { saved, texts } = characters;
  const isLink = ({ owner, isRevival }: Authorship) => isRevival || owner === MOVED;
  const span = characters.spanOf(isLink);
  const moves = new Map<number, Moves>();
  const { actor, counter } = saved.ops;
  const { start, actor: byActor, counter: byCounter } = saved.successors;
  for (const rows of texts.values()) {
    for (let row = rows.start; row < rows.end; row++) {
      if (isWithin(span, actor[row] ?? NONE, counter[row] ?? NONE)) linkTo(characters, row, moves);
      for (let at = start[row] ?? 0; at < (start[row + 1] ?? 0); at++) {
        const isMove = isWithin(span, byActor[at] ?? NONE, byCounter[at] ?? NONE);
        if (isMove) movedFrom(characters, row, at, moves);
      }
    }
  }
  for (const { inserted, deleted } of moves.values()) {
    inserted.sort(inOrder);
    deleted.sort(inOrder);
    deleted.forEach(({ row }, index) => link(characters, row, inserted[index]?.row ?? NONE));
  }
}

function linkTo(characters: Characters, row: number, moves: Map<number, Moves>): void {
  const { ops } = characters.saved;
  const [actor, counter] = [ops.actor[row] ?? NONE, ops.counter[row] ?? NONE];
  const { owner, isRevival, place } = characters.authorshipOf(actor, counter);
  if (isRevival) link(characters, elementBehindWhich(characters.saved, row), row);
  if (owner === MOVED) movesAt(moves, place).inserted.push({ row, counter });
}

function movedFrom(
  { saved: { successors }, authorshipOf }: Characters,
  row: number,
  at: number,
  moves: Map<number, Moves>,
): void {
  const counter = successors.counter[at] ?? NONE;
  const { owner, place } = authorshipOf(successors.actor[at] ?? NONE, counter);
  if (owner === MOVED) movesAt(moves, place).deleted.push({ row, counter });
}

function movesAt(moves: Map<number, Moves>, place: number): Moves {
  const found = moves.get(place) ?? { inserted: [], deleted: [] };
  moves.set(place, found);
  return found;
}

const inOrder = (one: Numbered, other: Numbered) => one.counter - other.counter;

function link({ next, previous }: Characters, before: number, after: number): void {
  if (before === NONE || after === NONE) return;
  next[before] = after;
  previous[after] = before;
}

/** What is inserted behind an element comes right behind it, or behind others that did. */
function elementBehindWhich({ ops }: SavedDocument, row: number): number {
  const [actor, counter] = [ops.keyActor[row], ops.keyCounter[row]];
  if (actor === NONE) return NONE;
  let at = row - 1;
  while (at >= 0 && (ops.counter[at] !== counter || ops.actor[at] !== actor)) at--;
  return at;
}
