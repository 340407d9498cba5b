import type { Knows } from '#domain/document/branch/sides.ts';
import type { Section } from '#domain/document/content.ts';
import { settled } from '#domain/document/live-content.ts';
import { cutFromOf } from '#domain/document/reading.ts';
import type { LivingDocument } from '#domain/document/state.ts';
import { arrangementOf } from '#domain/document/undo/arrangement.ts';
import { authorsIn } from '#domain/document/undo/authorship.ts';
import { charactersOf } from '#domain/document/undo/characters.ts';
import { historiesOf } from '#domain/document/undo/fields.ts';
import { isMerged } from '#domain/document/undo/ledger.ts';
import { savedDocument } from '#domain/document/undo/saved-document.ts';
import type { SectionId } from '#domain/ids.ts';
import { type Conflict, type Edit, MOST_WITH, newestFirst } from './conflict.ts';
import { conflictOfCut, conflictOfTitles, conflictsOfSection } from './in-sections.ts';
import { conflictsInWords } from './in-words.ts';
import { type Pasts, pastsIn } from './pasts.ts';
import { type SectionStories, storiesOf } from './stories.ts';

/** The changes of one event that stands in the document, and what it touches. */
export type ConcurrentEdit = {
  /** Places in the ledger, `to` without it. */
  readonly from: number;
  readonly to: number;
  /** See the event `ChangesApplied`. */
  readonly seen?: number | undefined;
  readonly sections: readonly SectionId[];
};

/** Of one event, so many are told: one that touches every section must not be told for each. */
const MOST_CONFLICTS = 20;

/**
 * What each of these edits has in common with changes that its author did not know, and that stood
 * there before it. It goes by what the changes themselves did, so that of two it does not matter
 * which came first, nor what came after both: the document may be a later one, as long as no text
 * moved or came back since. One by one: thousands of them take a while.
 */
export function* conflictsOf(
  document: LivingDocument,
  edits: readonly ConcurrentEdit[],
): Generator<readonly Conflict[]> {
  const scene = sceneOf(document, new Set(edits.flatMap(placesOf)));
  for (const edit of edits) {
    const sections = scene.sectionsWith(edit.sections);
    const found = placesOf(edit).flatMap((place) => {
      const knows = edit.seen === undefined ? scene.pasts(place) : knowsUpTo(edit.seen, edit);
      return conflictsOfChange(scene, { place, knows }, sections);
    });
    yield together(found).slice(0, MOST_CONFLICTS);
  }
}

const placesOf = ({ from, to }: ConcurrentEdit): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

/** Who edited an older revision over HTTP knew it, and what the same request did before. */
const knowsUpTo =
  (seen: number, { from, to }: ConcurrentEdit): Knows =>
  (place) =>
    place < seen || (place >= from && place < to);

type Scene = {
  readonly pasts: Pasts;
  readonly histories: ReturnType<typeof historiesOf>;
  readonly storiesIn: (section: Section) => SectionStories;
  /** These, and those that text of theirs may have moved into. */
  readonly sectionsWith: (ids: readonly SectionId[]) => readonly Section[];
};

function sceneOf(document: LivingDocument, changes: ReadonlySet<number>): Scene {
  const content = settled(document.content);
  const { ledger } = document;
  const saved = savedDocument(content.replica);
  const authors = authorsIn(saved, ledger);
  const characters = charactersOf(saved, authors, content.sections, isMerged(ledger));
  const arrangement = arrangementOf(characters);
  const cutFrom = cutFromOf(document);
  const rootOf = (id: SectionId): SectionId => {
    let root = id;
    for (let from = cutFrom[root]; from !== undefined; from = cutFrom[root]) root = from;
    return root;
  };
  const stories = new Map<SectionId, SectionStories>();
  return {
    pasts: pastsIn(saved, ledger),
    histories: historiesOf({ saved, authorshipOf: authors.authorshipOf, content, cutFrom }),
    storiesIn: ({ id, object }) => {
      const known = stories.get(id);
      const told = known ?? storiesOf(characters, arrangement.get(object) ?? [], changes);
      stories.set(id, told);
      return told;
    },
    sectionsWith: (ids) => {
      const roots = new Set(ids.map(rootOf));
      return content.sections.filter(({ id }) => roots.has(rootOf(id)));
    },
  };
}

function conflictsOfChange(
  { pasts, histories, storiesIn }: Scene,
  edit: Edit,
  sections: readonly Section[],
): Conflict[] {
  return [
    ...conflictOfTitles(histories, edit),
    ...sections.flatMap((section) => {
      const stories = storiesIn(section);
      return [
        ...conflictsOfSection(section, histories, stories, edit),
        ...conflictsInWords(section.id, stories, edit, pasts),
        ...conflictOfCut(section, stories, edit),
      ];
    }),
  ];
}

/** Those of an event's changes as one. */
function together(conflicts: readonly Conflict[]): readonly Conflict[] {
  const byKind = Map.groupBy(conflicts, ({ kind, section }) => `${kind} ${section}`);
  return [...byKind.values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const places = newestFirst(same.flatMap((one) => one.with));
    const words = same.find((one) => one.with[0] === places[0])?.words ?? first.words;
    const more = same.some((one) => one.more) || places.length > MOST_WITH;
    return [{ ...first, with: places.slice(0, MOST_WITH), words, more }];
  });
}
