import { type Characters, elementsOf, newestOf } from './characters.ts';
import { NONE } from './columns.ts';

/** An element that stands for a character. Out of place: it belongs here and is elsewhere. */
export type Arranged = { readonly row: number; readonly isInPlace: boolean };

/**
 * The characters of each text in their order, which never changes, wherever their elements are:
 * what stands behind a character goes where that character went. So what was deleted when its
 * neighbours moved into another section belongs beside them, and so does what somebody typed there
 * who had not seen them move.
 */
export type Arrangement = (object: string) => readonly Arranged[];

type Standing = {
  /** By text: the elements that are where they belong. */
  readonly inPlace: ReadonlyMap<string, readonly number[]>;
  /** By the element that they belong behind: those that are elsewhere. */
  readonly followers: ReadonlyMap<number, readonly number[]>;
};

export function arrangementOf(characters: Characters): Arrangement {
  const standing = standingOf(characters);
  return (object) => {
    const inPlace = standing.inPlace.get(object) ?? [];
    if (standing.followers.size === 0) return inPlace.map((row) => ({ row, isInPlace: true }));
    return withFollowers(characters, object, inPlace, standing.followers);
  };
}

function standingOf(characters: Characters): Standing {
  const inPlace = new Map<string, number[]>();
  const followers = new Map<number, number[]>();
  for (const [object, { end }] of characters.texts) {
    const here: number[] = [];
    // What the elements that come now belong behind: the last one counts.
    let anchors: number[] = [];
    for (const row of elementsOf(characters, object)) {
      const newest = newestOf(characters, row);
      if (newest !== row) {
        // To the right in this text it ends when it is met, in another text with this one.
        const isToCome = newest > row && newest < end;
        if (isToCome || !isWithin(characters, object, newest)) anchors.push(newest);
        continue;
      }
      const met = anchors.indexOf(row);
      if (met >= 0) anchors = anchors.slice(0, met);
      const anchor = anchors.at(-1);
      if (met >= 0 || anchor === undefined) here.push(row);
      else followers.set(anchor, [...(followers.get(anchor) ?? []), row]);
    }
    inPlace.set(object, here);
  }
  return { inPlace, followers };
}

function isWithin({ texts }: Characters, object: string, row: number): boolean {
  const rows = texts.get(object);
  return rows !== undefined && row >= rows.start && row < rows.end;
}

function withFollowers(
  characters: Characters,
  object: string,
  inPlace: readonly number[],
  followers: Standing['followers'],
): readonly Arranged[] {
  const arranged: Arranged[] = [];
  const waiting: (readonly number[])[] = [];
  const arrange = (rows: readonly number[]) => {
    for (const row of rows) {
      arranged.push({ row, isInPlace: false });
      arrange(followers.get(row) ?? []);
    }
  };
  const arrangeDownTo = (length: number) => {
    while (waiting.length > length) arrange(waiting.pop() ?? []);
  };
  for (const row of inPlace) {
    const due = waiting.findIndex(([first]) => !comesBefore(characters, object, row, first));
    if (due >= 0) arrangeDownTo(due);
    arranged.push({ row, isInPlace: true });
    const own = followers.get(row);
    if (own) waiting.push(own);
  }
  arrangeDownTo(0);
  return arranged;
}

/** What was typed later behind the same character comes first, as it does in Automerge. */
function comesBefore(
  characters: Characters,
  object: string,
  row: number,
  follower: number | undefined,
): boolean {
  const first = firstOf(characters, row);
  if (!isWithin(characters, object, first) || follower === undefined) return false;
  return isLater(characters, first, firstOf(characters, follower));
}

/** Automerge's order of ids, which goes by what their authors knew. */
function isLater({ saved: { ops } }: Characters, one: number, other: number): boolean {
  const difference = (ops.counter[one] ?? 0) - (ops.counter[other] ?? 0);
  return (difference || (ops.actor[one] ?? 0) - (ops.actor[other] ?? 0)) > 0;
}

/** The element that the character was typed as. */
function firstOf({ previous }: Characters, row: number): number {
  let at = row;
  for (let before = previous[at] ?? NONE; before !== NONE; before = previous[at] ?? NONE)
    at = before;
  return at;
}
