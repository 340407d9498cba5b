import { isOfWord, touchedByBoth } from '#domain/document/branch/overlapping-words.ts';
import type { SectionId } from '#domain/ids.ts';
import {
  type Conflict,
  type Edit,
  MOST_WITH,
  type TwoSides,
  isConcurrent,
  newestFirst,
  shortened,
} from './conflict.ts';
import type { Pasts } from './pasts.ts';
import { type SectionStories, type Story, isThere, isTouchedBy } from './stories.ts';
import { areWordsTakenBack } from './taken-back.ts';

/** How far a change looks around itself: words that have no end must not cost the whole text. */
const MOST_AROUND = 300;
/** Of all that others did around it, the nearest are looked at. */
const MOST_CANDIDATES = 40;

type Found = Pick<Conflict, 'goneBy'> & {
  readonly kind: 'words' | 'deleted';
  readonly place: number;
  readonly words: TwoSides;
};

/** Words of one section that this change and others touched, neither knowing of the other. */
export function conflictsInWords(
  section: SectionId,
  text: SectionStories,
  edit: Edit,
  pasts: Pasts,
): Conflict[] {
  const found: Found[] = [];
  let more = false;
  for (const around of neighbourhoods(text, edit)) {
    const candidates = nearestFirst(around, edit);
    more ||= candidates.length > MOST_CANDIDATES;
    for (const place of candidates.slice(0, MOST_CANDIDATES)) {
      if (found.length > MOST_WITH) break;
      if (areWordsTakenBack(around, edit, place)) continue;
      const one = inSameWords(around, edit, { place, knows: pasts(place) });
      if (one) found.push({ ...one, place });
    }
  }
  return (['words', 'deleted'] as const).flatMap((kind) => {
    const ofKind = found.filter((one) => one.kind === kind);
    const places = newestFirst(ofKind.map(({ place }) => place));
    const first = ofKind.find(({ place }) => place === places[0]);
    if (first === undefined) return [];
    const isMore = more || places.length > MOST_WITH;
    const { words, goneBy } = first;
    return [{ kind, section, with: places.slice(0, MOST_WITH), words, goneBy, more: isMore }];
  });
}

/** Around everything that the change touched: the rest of its words, and the words beside them. */
function neighbourhoods(text: SectionStories, edit: Edit): (readonly Story[])[] {
  const touched = text.touchedBy.get(edit.place) ?? [];
  const ranges: { start: number; end: number }[] = [];
  for (let first = 0, last = 0; first < touched.length; first = last + 1) {
    const from = touched[first] ?? 0;
    for (last = first; touched[last + 1] === from + last + 1 - first;) last++;
    const start = reach(text, from, -1, edit);
    const end = reach(text, touched[last] ?? from, 1, edit) + 1;
    const before = ranges.at(-1);
    if (before !== undefined && start < before.end) before.end = end;
    else ranges.push({ start, end });
  }
  return ranges.map(({ start, end }) => {
    const all = Array.from({ length: end - start }, (_, index) => text.at(start + index) ?? []);
    return all.flat().filter((story) => isFrom(story, edit));
  });
}

/** What was typed later must not make a difference, not even by its length. */
const isFrom = ({ elements }: Story, { place }: Edit): boolean =>
  elements.some(({ made }) => made <= place);

/** What others did around the change, as far as its author did not know it. */
function nearestFirst(around: readonly Story[], edit: Edit): readonly number[] {
  const distances = around.map(() => Infinity);
  const pass = (at: number, before: number) => {
    const isOwn = isTouchedBy(around[at]!, edit.place);
    distances[at] = isOwn ? 0 : Math.min(distances[at]!, (distances[before] ?? Infinity) + 1);
  };
  for (let at = 0; at < around.length; at++) pass(at, at - 1);
  for (let at = around.length - 1; at >= 0; at--) pass(at, at + 1);
  const nearest = new Map<number, number>();
  around.forEach(({ touched }, at) => {
    for (const place of touched) {
      if (!isConcurrent(edit, place)) continue;
      nearest.set(place, Math.min(nearest.get(place) ?? Infinity, distances[at]!));
    }
  });
  return [...nearest]
    .toSorted(([one, near], [other, far]) => near - far || other - one)
    .map(([place]) => place);
}

/** To the end of the word next to that in which one begins. */
function reach(text: SectionStories, from: number, step: 1 | -1, edit: Edit): number {
  const isSeen = (story: Story) => isTouchedBy(story, edit.place) || isThere(story, edit.knows);
  let edge = from;
  let isWord = isOfWord(text.at(from)?.text ?? '');
  let ends = 0;
  for (let left = MOST_AROUND, at = from + step; left > 0; at += step) {
    const story = text.at(at);
    if (story === undefined) break;
    if (isFrom(story, edit)) left--;
    if (isSeen(story)) {
      const isPart = isOfWord(story.text);
      if (isPart !== isWord && ++ends === 2) break;
      isWord = isPart;
    }
    edge = at;
  }
  return edge;
}

function inSameWords(
  around: readonly Story[],
  mine: Edit,
  theirs: Edit,
): Omit<Found, 'place'> | undefined {
  const byMe = (story: Story) => isTouchedBy(story, mine.place);
  const byThem = (story: Story) => isTouchedBy(story, theirs.place);
  const after = (edit: Edit) => (story: Story) =>
    isThere(story, (place) => place === edit.place || edit.knows(place));
  const [afterMine, afterTheirs] = [after(mine), after(theirs)];
  const shown = around.filter(
    (story) =>
      byMe(story) || byThem(story) || isThere(story, mine.knows) || isThere(story, theirs.knows),
  );
  for (const region of touchedByBoth(shown, byMe, byThem)) {
    const textOf = (isIn: (story: Story) => boolean) =>
      region.map((story) => (isIn(story) ? story.text : '')).join('');
    const isLeft = (story: Story) =>
      isLeftBy(story, mine, afterMine) && isLeftBy(story, theirs, afterTheirs);
    const words = {
      before: textOf((story) =>
        isThere(story, (place) => mine.knows(place) && theirs.knows(place)),
      ),
      mine: textOf(afterMine),
      theirs: textOf(afterTheirs),
    };
    if (words.mine === words.theirs && words.mine === textOf(isLeft)) continue;
    const told = {
      before: shortened(words.before),
      mine: shortened(words.mine),
      theirs: shortened(words.theirs),
    };
    const goneBy = deletes(region, byMe, afterMine, byThem, afterTheirs)
      ? mine.place
      : deletes(region, byThem, afterTheirs, byMe, afterMine)
        ? theirs.place
        : null;
    return { kind: goneBy === null ? 'words' : 'deleted', words: told, goneBy };
  }
  return undefined;
}

/** What one side does not know is not gone for it. */
const isLeftBy = (story: Story, { knows, place }: Edit, isAfter: (story: Story) => boolean) =>
  isAfter(story) || !story.elements.some(({ made }) => made === place || knows(made));

/** Whether one side deleted all words, and the other wrote in them. */
const deletes = (
  region: readonly Story[],
  byOne: (story: Story) => boolean,
  afterOne: (story: Story) => boolean,
  byOther: (story: Story) => boolean,
  afterOther: (story: Story) => boolean,
): boolean =>
  region.every((story) => !(byOne(story) || isOfWord(story.text)) || !afterOne(story)) &&
  region.some((story) => byOther(story) && afterOther(story));
