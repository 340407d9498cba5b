import type { SectionId } from '#domain/ids.ts';
import type { CutFrom } from './lineage.ts';
import type { Known } from './undo/ledger.ts';
import { type Heads, type ObjectId, ROOT, type Replica, emptyReplica, textAt } from './replica.ts';

/** What is known of a section without reading its text. */
export type Section = {
  readonly id: SectionId;
  /** Fractional index; equal ones are ordered by id. */
  readonly order: string;
  /** A deleted section is this field, never a removed key: others may be writing in it. */
  readonly present: boolean;
  /** UTF-16 units; offsets are resolved with it, so that no text needs to be read. */
  readonly length: number;
  readonly object: ObjectId;
};

/** The Automerge document and what was read from it. */
export type Content = {
  readonly replica: Replica;
  readonly title: string;
  /** In order, the deleted ones included. */
  readonly sections: readonly Section[];
};

/** The shape of a document at some revision: what edits that were made there are read against. */
export type DocumentBase = {
  readonly revision: number;
  readonly title: string;
  readonly heads: Heads;
  readonly known: Known;
  readonly sections: readonly Omit<Section, 'object'>[];
};

/** What a document says, as plain data. */
export type DocumentContent = {
  readonly title: string;
  /** In order; deleted ones are not part of it. */
  readonly sections: readonly SectionText[];
  readonly cutFrom: CutFrom;
};
/** What a restore brings back: what a document said, and how much of it there was. */
export type RestorePoint = DocumentContent & { readonly known: Known };
export type SectionText = {
  readonly id: SectionId;
  readonly order: string;
  readonly text: string;
};

export const emptyContent = (title: string): Content => ({
  replica: emptyReplica(),
  title,
  sections: [],
});

export function readContent(replica: Replica): Content {
  const map = sectionsMap(replica);
  const ids = map === undefined ? [] : replica.keys(map);
  return {
    replica,
    title: readTitle(replica),
    sections: ids.flatMap((id) => readSection(replica, map, id)).sort(bySectionOrder),
  };
}

/** Reads these sections again, and the title; the rest is kept. */
export function reread({ replica, sections }: Content, changed: ReadonlySet<string>): Content {
  const map = sectionsMap(replica);
  const read = sections.filter(({ id }) => !changed.has(id));
  for (const id of changed) read.push(...readSection(replica, map, id));
  return { replica, title: readTitle(replica), sections: read.sort(bySectionOrder) };
}

export const sectionsMap = (replica: Replica): ObjectId | undefined =>
  objectAt(replica, ROOT, 'sections', 'map');

function readSection(replica: Replica, map: ObjectId | undefined, id: string): Section[] {
  if (map === undefined) return [];
  const section = objectAt(replica, map, id, 'map');
  const object = section && objectAt(replica, section, 'text', 'text');
  if (section === undefined || object === undefined) return [];
  return [
    {
      id: id as SectionId,
      order: textField(replica, section, 'order'),
      present: replica.get(section, 'present') === true,
      length: replica.length(object),
      object,
    },
  ];
}

const readTitle = (replica: Replica): string => textField(replica, ROOT, 'title');

function textField(replica: Replica, object: ObjectId, property: string): string {
  const value = replica.get(object, property);
  return typeof value === 'string' ? value : '';
}

export function objectAt(
  replica: Replica,
  object: ObjectId,
  property: string,
  type: 'map' | 'text',
): ObjectId | undefined {
  const value = replica.getWithType(object, property);
  return value?.[0] === type ? value[1] : undefined;
}

type Placed = Pick<Section, 'id' | 'order'>;

export const bySectionOrder = (one: Placed, other: Placed): number =>
  compare(one.order, other.order) || compare(one.id, other.id);

const compare = (one: string, other: string) => (one < other ? -1 : Number(one > other));

export const presentSections = (content: Content): readonly Section[] =>
  content.sections.filter(({ present }) => present);

export const textOf = (content: Content, section: Section): string =>
  textAt(content.replica, section.object);

/** What readers see of these sections (default: of all). */
export const presentTexts = (
  content: Content,
  among?: ReadonlySet<SectionId>,
): readonly SectionText[] =>
  presentSections(content)
    .filter(({ id }) => among?.has(id) ?? true)
    .map((section) => ({
      id: section.id,
      order: section.order,
      text: textOf(content, section),
    }));
