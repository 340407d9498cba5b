import type { Knows } from '#domain/document/branch/sides.ts';
import type { Arranged } from '#domain/document/undo/arrangement.ts';
import type { Authorship } from '#domain/document/undo/authorship.ts';
import { type Characters, authorshipOfRow } from '#domain/document/undo/characters.ts';
import { NONE } from '#domain/document/undo/columns.ts';
import { overwritersOf } from '#domain/document/undo/rule.ts';
import { valueAt } from '#domain/document/undo/saved-rows.ts';

/** A character, and the places in the ledger of everything that ever happened to it. */
export type Story = {
  readonly text: string;
  /** The elements that it was, one after the other, each with what deleted it. */
  readonly elements: readonly { readonly made: number; readonly deleted: readonly number[] }[];
  /** Changes that typed it, deleted it or brought it back. */
  readonly touched: readonly number[];
  /** Changes in which it moved into another section. */
  readonly moved: readonly number[];
  /** Those in which the server made it come or go, for undo or a restore. */
  readonly settled: readonly number[];
};

/** The characters of a section, and which of them some changes are about. */
export type SectionStories = {
  /** Of the character at this index: told when it is asked for, because few ever are. */
  readonly at: (index: number) => Story | undefined;
  readonly all: () => readonly Story[];
  /** By the change: indexes of the characters that it touched, from left to right. */
  readonly touchedBy: ReadonlyMap<number, readonly number[]>;
  /** All changes in which text moved into or out of the section. */
  readonly movedBy: ReadonlySet<number>;
};

/** `changes` are those that will be asked for, by their places. */
export function storiesOf(
  characters: Characters,
  arranged: readonly Arranged[],
  changes: ReadonlySet<number>,
): SectionStories {
  const stories: (Story | undefined)[] = [];
  const at = (index: number): Story | undefined => {
    const { row } = arranged[index] ?? {};
    return row === undefined ? undefined : (stories[index] ??= storyOf(characters, row));
  };
  const touchedBy = new Map<number, number[]>();
  const movedBy = new Set<number>();
  arranged.forEach(({ row }, index) => {
    const isLinked = characters.previous[row] !== NONE;
    if (!isLinked && !isAbout(characters, row, changes)) return;
    const story = at(index);
    for (const place of story?.moved ?? []) movedBy.add(place);
    for (const place of story?.touched ?? []) {
      if (!changes.has(place) || !isTouchedBy(story!, place)) continue;
      const known = touchedBy.get(place);
      if (known === undefined) touchedBy.set(place, [index]);
      else known.push(index);
    }
  });
  const all = () => arranged.flatMap((_, index) => at(index) ?? []);
  return { at, all, touchedBy, movedBy };
}

/** Whether one of these changes typed or deleted an element. */
function isAbout(characters: Characters, row: number, changes: ReadonlySet<number>): boolean {
  if (changes.has(authorshipOfRow(characters, row).place)) return true;
  for (const { place } of overwritersOf(characters, row)) if (changes.has(place)) return true;
  return false;
}

function storyOf(characters: Characters, newest: number): Story {
  const { saved, previous } = characters;
  const elements: { made: number; deleted: number[] }[] = [];
  const touched: number[] = [];
  const moved: number[] = [];
  const settled: number[] = [];
  const take = ({ elements: as, place }: Authorship) => {
    (as === 'moves' ? moved : touched).push(place);
    if (as === 'revived') settled.push(place);
  };
  for (let row = newest; row !== NONE; row = previous[row] ?? NONE) {
    const made = authorshipOfRow(characters, row);
    if (made.elements !== 'moves') take(made);
    const overwriters = [...overwritersOf(characters, row)];
    overwriters.forEach(take);
    elements.push({ made: made.place, deleted: overwriters.map(({ place }) => place) });
  }
  return { text: String(valueAt(saved, newest) ?? ''), elements, touched, moved, settled };
}

/** Whether the character was there for somebody who knows these changes. */
export const isThere = ({ elements }: Story, knows: Knows): boolean =>
  elements.some(({ made, deleted }) => knows(made) && !deleted.some(knows));

/** Whether the change made a difference to it: what it typed and deleted itself was never there. */
export function isTouchedBy({ touched }: Story, place: number): boolean {
  const first = touched.indexOf(place);
  return first >= 0 && touched.indexOf(place, first + 1) < 0;
}
