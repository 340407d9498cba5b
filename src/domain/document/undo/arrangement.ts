import { arrangementByPlace } from './arrangement-by-place.ts';
import { type Characters, elementsOf } from './characters.ts';
import { NONE } from './columns.ts';
import { madeAt } from './cut-order.ts';
import { typedAs } from './links.ts';

/** An element that stands for a character. Out of place: it belongs here and is elsewhere. */
export type Arranged = { readonly row: number; readonly isInPlace: boolean };

/** By a section's text object. */
export type Arrangement = ReadonlyMap<string, readonly Arranged[]>;

/**
 * The characters of each text in their order, which never changes, wherever their elements are:
 * what stands behind a character goes where that character went. So what was deleted when its
 * neighbours moved into another section belongs beside them, and so does what somebody typed there
 * who had not seen them move. `among` holds all texts that share characters.
 */
export function arrangementOf(
  characters: Characters,
  among: ReadonlySet<string> = new Set(characters.texts.keys()),
): Arrangement {
  if (characters.cuts) return arrangementByPlace(characters, characters.cuts, among);
  // By the element behind which they belong: those that stand behind what it was before.
  const followers = new Map<number, number[]>();
  const objects = [...among].toSorted((one, other) => madeAt(one) - madeAt(other));
  // Text moves only into sections that are newer than its own.
  return new Map(objects.map((object) => [object, arranged(characters, object, followers)]));
}

function arranged(
  characters: Characters,
  object: string,
  followers: Map<number, number[]>,
): readonly Arranged[] {
  const { next } = characters;
  const here: Arranged[] = [];
  const anchors = new Anchors();
  // What stood elsewhere and belongs behind elements that were met, the last one first.
  const waiting: (readonly number[])[] = [];

  const meet = (row: number, isInPlace: boolean) => {
    anchors.meet(row);
    const after = next[row] ?? NONE;
    const anchor = anchors.last;
    if (after !== NONE) anchors.add(after);
    else if (anchor === undefined) here.push({ row, isInPlace });
    else add(followers, anchor, row);
  };
  const meetDownTo = (count: number) => {
    while (waiting.length > count) for (const row of waiting.pop() ?? []) meet(row, false);
  };

  for (const row of elementsOf(characters, object)) {
    if (waiting.length > 0) {
      const due = waiting.findIndex(([first]) => !comesBefore(characters, object, row, first));
      if (due >= 0) meetDownTo(due);
    }
    meet(row, true);
    const own = followers.get(row);
    if (own) waiting.push(own);
  }
  meetDownTo(0);
  return here;
}

/**
 * The elements behind which comes what comes now: the last one counts. In this text one ends, and
 * with it all behind it, when it is met. A cut leaves thousands that never are.
 */
class Anchors {
  readonly #rows: number[] = [];
  /** Where each stands for the first time. */
  readonly #indexes = new Map<number, number>();

  get last(): number | undefined {
    return this.#rows.at(-1);
  }

  add(row: number): void {
    if (!this.#indexes.has(row)) this.#indexes.set(row, this.#rows.length);
    this.#rows.push(row);
  }

  meet(row: number): void {
    const met = this.#indexes.get(row);
    if (met === undefined) return;
    for (const ended of this.#rows.splice(met)) {
      if ((this.#indexes.get(ended) ?? -1) >= met) this.#indexes.delete(ended);
    }
  }
}

function add(followers: Map<number, number[]>, anchor: number, row: number): void {
  const rows = followers.get(anchor);
  if (rows === undefined) followers.set(anchor, [row]);
  else rows.push(row);
}

/** What was typed later behind the same character comes first, as it does in Automerge. */
function comesBefore(
  characters: Characters,
  object: string,
  row: number,
  follower: number | undefined,
): boolean {
  const { previous } = characters;
  const first = typedAs(previous, row);
  const { start = 0, end = 0 } = characters.texts.get(object) ?? {};
  if (first < start || first >= end || follower === undefined) return false;
  return isLater(characters, first, typedAs(previous, follower));
}

/** Automerge's order of ids, which goes by what their authors knew. */
function isLater({ saved: { ops } }: Characters, one: number, other: number): boolean {
  const difference = (ops.counter[one] ?? 0) - (ops.counter[other] ?? 0);
  return (difference || (ops.actor[one] ?? 0) - (ops.actor[other] ?? 0)) > 0;
}
