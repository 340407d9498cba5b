import type { SectionId } from '#domain/ids.ts';
import { type Content, objectAt, sectionsMap } from '#domain/document/content.ts';
import type { CutFrom } from '#domain/document/lineage.ts';
import { ROOT } from '#domain/document/replica.ts';
import type { Authorship, AuthorshipOf } from './authorship.ts';
import { NONE } from './columns.ts';
import type { Counts } from './rule.ts';
import type { SavedDocument } from './saved-document.ts';
import { isOverwritten, opId, partsOf, rowsOf, valueAt } from './saved-rows.ts';

/** A field that is to get another value: the title, a section's place, or its presence. */
export type Put = {
  readonly object: string;
  readonly key: 'title' | 'order' | 'present';
  readonly value: string | boolean;
  /** Ids of the values that it replaces. */
  readonly replaced: readonly string[];
  /** The section, and its text object. */
  readonly section?: SectionId;
  readonly text?: string;
};

export type Write = Authorship & { readonly row: number; readonly value: string | boolean };

/** Of a section: all that was ever written of its place and presence, and what made it. */
type History = {
  readonly object: string;
  readonly order: readonly Write[];
  readonly present: readonly Write[];
  readonly made: Authorship;
};

/**
 * What is to be written so that each field has the value of the last group in effect, in log
 * order. A section that none of them made or deleted is there as long as it has text. What a cut
 * made is there whenever the section is that it was cut from, until somebody deletes it.
 */
export function putsOf(
  fields: Fields,
  counts: Counts,
  hasText: (section: SectionId) => boolean,
): readonly Put[] {
  const { saved, content, cutFrom } = fields;
  const { title: titles, sections } = historiesOf(fields);
  const puts: Put[] = [];
  const put = (field: Omit<Put, 'replaced'>, writes: readonly Write[], now: string | boolean) => {
    if (field.value === now) return;
    const current = writes.filter(({ row }) => !isOverwritten(saved, row));
    puts.push({ ...field, replaced: current.map(({ row }) => opId(saved, row)) });
  };

  const title = lastOf(titles, ({ owner }) => counts(owner)) ?? content.title;
  put({ object: ROOT, key: 'title', value: title }, titles, content.title);
  for (const { id: section, object: text, order, present } of content.sections) {
    const history = sections.get(section);
    if (history === undefined) continue;
    const { object, made } = history;
    const place = lastOf(history.order, (write) => isPlaced(write, made, counts)) ?? order;
    put({ object, key: 'order', value: place, section, text }, history.order, order);
    const presence = presenceWrites(sections, cutFrom, section);
    const isThere = lastOf(presence, ({ owner }) => counts(owner)) ?? hasText(section);
    put({ object, key: 'present', value: isThere, section, text }, history.present, present);
  }
  return puts;
}

export type Fields = {
  readonly saved: SavedDocument;
  readonly authorshipOf: AuthorshipOf;
  readonly content: Content;
  readonly cutFrom: CutFrom;
};

export function historiesOf({ saved, authorshipOf, content: { replica, sections } }: Fields) {
  const map = sectionsMap(replica);
  const objects = sections.flatMap(({ id }) => {
    const object = map && objectAt(replica, map, id, 'map');
    return object === undefined ? [] : [[id, object] as const];
  });
  const rows = rowsOf(saved, new Set([ROOT, ...objects.map(([, object]) => object)]));
  const writesOf = (object: string, key: Put['key']): Write[] => {
    const { start, end } = rows.get(object) ?? { start: 0, end: 0 };
    const writes: Write[] = [];
    for (let row = start; row < end; row++) {
      const value = saved.ops.keyText.get(row) === key ? valueAt(saved, row) : undefined;
      if (value === undefined) continue;
      const written = authorshipOf(saved.ops.actor[row] ?? NONE, saved.ops.counter[row] ?? NONE);
      writes.push({ ...written, row, value });
    }
    return writes;
  };
  return {
    title: writesOf(ROOT, 'title'),
    sections: new Map(
      objects.map(([id, object]): [SectionId, History] => {
        const [counter, actor] = partsOf(object);
        const made = authorshipOf(saved.actors.indexOf(actor), counter);
        const [order, present] = [writesOf(object, 'order'), writesOf(object, 'present')];
        return [id, { object, made, order, present }];
      }),
    ),
  };
}

/** The value of the last of these writes, in log order, that counts. */
function lastOf(
  writes: readonly Write[],
  counts: (write: Write) => boolean,
): string | boolean | undefined {
  let last: Write | undefined;
  for (const write of writes) {
    if (counts(write) && write.place >= (last?.place ?? NONE)) last = write;
  }
  return last?.value;
}

/** Where it was made, or what makes room for others, is no one's to take back. */
const isPlaced = (write: Write, made: Authorship, counts: Counts): boolean =>
  counts(write.owner) || write.elements === 'moves' || write.place === made.place;

function presenceWrites(
  sections: ReadonlyMap<SectionId, History>,
  cutFrom: CutFrom,
  id: SectionId,
): readonly Write[] {
  const history = sections.get(id);
  if (history === undefined) return [];
  const from = history.made.elements === 'moves' ? cutFrom[id] : undefined;
  if (from === undefined) return history.present;
  const before = presenceWrites(sections, cutFrom, from);
  return [...before.filter(({ place }) => place < history.made.place), ...history.present];
}
