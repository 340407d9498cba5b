import type { Content } from '#domain/document/content.ts';
import { type ObjectId, ROOT } from '#domain/document/replica.ts';
import { type SavedDocument, savedDocument } from '#domain/document/undo/saved-document.ts';
import { objectsIn, opId, partsOf } from '#domain/document/undo/saved-rows.ts';
import type { SectionId } from '#domain/ids.ts';
import { Elements } from './elements.ts';
import { type OpId, type Operation } from './operations.ts';

/**
 * What the changes of others may refer to. Automerge panics at an element that is not there, and
 * takes a field's unknown predecessor in and can then save the document no more: so what a change
 * names is looked up here before it is accepted. A **linear** value, like the content.
 */
export type ContentIndex = {
  readonly texts: Map<ObjectId, { readonly section: SectionId; readonly elements: Elements }>;
  /** By the object that holds a section's fields. */
  readonly sections: Map<ObjectId, SectionId>;
  /** The ids of all values that the title ever had. */
  readonly titles: Set<OpId>;
  sectionsMap: ObjectId | undefined;
  /** The highest counter of all operations: the next change goes on from there. */
  maxOp: number;
};

export function indexOf({ replica }: Content): ContentIndex {
  const saved = savedDocument(replica);
  const { ops, changes } = saved;
  const index: ContentIndex = {
    texts: new Map(),
    sections: new Map(),
    titles: new Set(),
    sectionsMap: undefined,
    maxOp: changes.maxOp.reduce((most, maxOp) => Math.max(most, maxOp), 0),
  };
  for (const { object, start, end } of objectsIn(saved)) {
    // The rows of an object come after the one that made it.
    const elements = index.texts.get(object)?.elements;
    for (let row = start; row < end; row++) {
      const key = ops.keyText.get(row);
      if (key !== undefined) takeField(index, saved, object, key, row);
      else elements?.add(saved.actors[ops.actor[row] ?? 0] ?? '', ops.counter[row] ?? 0);
    }
  }
  return index;
}

function takeField(
  index: ContentIndex,
  saved: SavedDocument,
  object: ObjectId,
  key: string,
  row: number,
): void {
  const action = saved.ops.actions();
  const id = opId(saved, row);
  if (action[row] !== SET) addObject(index, object, key, id, action[row] === MAKE_TEXT);
  else if (object === ROOT && key === 'title') index.titles.add(id);
}

const SET = 1;
const MAKE_TEXT = 4;

/** Takes in what a change does that is part of the document from now on. */
export function takeOperations(index: ContentIndex, operations: readonly Operation[]): void {
  for (const operation of operations) {
    if (operation.kind === 'insert') {
      const [counter, actor] = partsOf(operation.id);
      index.texts.get(operation.object)?.elements.add(actor, counter);
    } else if (operation.kind === 'make') {
      addObject(index, operation.object, operation.key, operation.id, operation.made === 'text');
    } else if (operation.kind === 'put' && operation.key === 'title') {
      index.titles.add(operation.id);
    }
  }
}

function addObject(
  index: ContentIndex,
  parent: ObjectId,
  key: string,
  id: ObjectId,
  isText: boolean,
): void {
  const section = index.sections.get(parent);
  if (isText && section !== undefined) {
    index.texts.set(id, { section, elements: new Elements() });
  } else if (parent === ROOT) index.sectionsMap = id;
  else if (parent === index.sectionsMap) index.sections.set(id, key as SectionId);
}
