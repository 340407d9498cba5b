import type { Section } from '#domain/document/content.ts';
import type { Write, historiesOf } from '#domain/document/undo/fields.ts';
import {
  type Conflict,
  type Edit,
  MOST_WITH,
  isConcurrent,
  newestFirst,
  shortened,
} from './conflict.ts';
import { type SectionStories, isTouchedBy } from './stories.ts';
import { isFieldTakenBack, newestWrites } from './taken-back.ts';

type Histories = ReturnType<typeof historiesOf>;

/** Both named the document, and not the same. */
export function conflictOfTitles({ title }: Histories, edit: Edit): Conflict[] {
  const mine = title.find(({ place }) => place === edit.place);
  if (mine === undefined) return [];
  const others = newestWrites(
    title.filter(({ place, value }) => value !== mine.value && isConcurrent(edit, place)),
  );
  const theirs = others[0];
  if (theirs === undefined || isFieldTakenBack(title, edit)) return [];
  const before = newestWrites(title.filter(({ place }) => edit.knows(place)))[0];
  const words = {
    before: shortened(String(before?.value ?? '')),
    mine: shortened(String(mine.value)),
    theirs: shortened(String(theirs.value)),
  };
  return [conflict('title', null, others.map(placeOf), { words })];
}

/**
 * One deleted or moved the section, and the other wrote in it, or put it elsewhere. What was
 * written in a deleted section is still in it when it comes back.
 */
export function conflictsOfSection(
  { id }: Pick<Section, 'id'>,
  histories: Histories,
  { all, touchedBy }: SectionStories,
  edit: Edit,
): Conflict[] {
  const history = histories.sections.get(id);
  if (history === undefined) return [];
  const ofOthers = ({ place }: Write) => isConcurrent(edit, place);
  const own = ({ place }: Write) => place === edit.place;
  const away = history.present.filter(({ value, place }) => !value && place !== history.made.place);
  const placed = history.order.filter(
    ({ elements, place }) => elements !== 'moves' && place !== history.made.place,
  );
  const writesText = touchedBy.has(edit.place);
  const typing = () =>
    all()
      .flatMap((story) => story.touched)
      .filter((place) => isConcurrent(edit, place));

  const deleted = newestFirst([
    ...(writesText || placed.some(own) ? standing(away, history.present, edit) : []),
    ...(away.some(own) ? [...typing(), ...placed.filter(ofOthers).map(placeOf)] : []),
  ]);
  const ownPlace = placed.find(own)?.value;
  const moved = newestFirst([
    ...(writesText ? standing(placed, history.order, edit) : []),
    ...(ownPlace === undefined ? [] : typing()),
    ...(ownPlace === undefined
      ? []
      : placed.filter((write) => ofOthers(write) && write.value !== ownPlace).map(placeOf)),
  ]);
  const deletedBy = newestFirst(away.filter((write) => own(write) || ofOthers(write)).map(placeOf));
  const goneBy = deletedBy[0] ?? null;
  return [
    ...(deleted.length === 0 ? [] : [conflict('deleted', id, deleted, { goneBy })]),
    ...(moved.length === 0 ? [] : [conflict('moved', id, moved)]),
  ];
}

/** Of these writes to a field those of others, if undo or a restore did not take them back. */
const standing = (some: readonly Write[], all: readonly Write[], edit: Edit): readonly number[] =>
  isFieldTakenBack(all, edit)
    ? []
    : some.filter(({ place }) => isConcurrent(edit, place)).map(placeOf);

/**
 * One cut the section, and the other wrote in the text that became another section's. `id` is the
 * one where that text is now.
 */
export function conflictOfCut(
  { id }: Pick<Section, 'id'>,
  text: SectionStories,
  edit: Edit,
): Conflict[] {
  const { all, touchedBy, movedBy } = text;
  const ofOthers = (place: number) => isConcurrent(edit, place);
  const others = [...movedBy].filter(ofOthers);
  const touched = others.length === 0 ? [] : (touchedBy.get(edit.place) ?? []);
  const found = others.filter((cut) => touched.some((at) => isAfterCut(text, at, edit, cut)));
  if (movedBy.has(edit.place)) {
    found.push(
      ...all()
        .flatMap(({ touched }) => touched)
        .filter(ofOthers),
    );
  }
  const places = newestFirst(found);
  return places.length === 0 ? [] : [conflict('split', id, places)];
}

/** What was typed goes where that went which stood on its left when the text was cut. */
function isAfterCut(text: SectionStories, at: number, edit: Edit, cut: number): boolean {
  if (text.at(at)?.moved.includes(cut) === true) return true;
  const before = text.at(at - 1);
  if (before === undefined || isTouchedBy(before, edit.place)) return false;
  for (let left = at - 1; left >= 0; left--) {
    const story = text.at(left);
    const isSeen = story?.elements.some(({ made }) => made < cut && edit.knows(made));
    if (isSeen === true) return story?.moved.includes(cut) === true;
  }
  return false;
}

const placeOf = ({ place }: Write): number => place;

const conflict = (
  kind: Conflict['kind'],
  section: Conflict['section'],
  places: readonly number[],
  more: Partial<Conflict> = {},
): Conflict => ({
  kind,
  section,
  with: places.slice(0, MOST_WITH),
  words: null,
  goneBy: null,
  more: places.length > MOST_WITH,
  ...more,
});
