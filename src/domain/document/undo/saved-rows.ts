import { ROOT } from '#domain/document/replica.ts';
import { NONE } from './columns.ts';
import type { SavedDocument } from './saved-document.ts';

const BOOLEANS = [false, true];
const UTF8 = 6;

/** The text or flag that the operation in this row writes; anything else is not ours. */
export function valueAt({ values }: SavedDocument, row: number): string | boolean | undefined {
  const type = values.type[row] ?? 0;
  if (type !== UTF8) return BOOLEANS[type - 1];
  const bytes = values.bytes.subarray(values.start[row], values.start[row + 1]);
  return bytes.length === 1 ? String.fromCharCode(bytes[0] ?? 0) : Buffer.from(bytes).toString();
}

/** UTF-16 units of the character in this row. */
export function lengthAt(saved: SavedDocument, row: number): number {
  const { start } = saved.values;
  const bytes = (start[row + 1] ?? 0) - (start[row] ?? 0);
  return bytes === 1 ? 1 : String(valueAt(saved, row) ?? '').length;
}

/** An operation's id as Automerge writes it in changes. */
export const opId = ({ actors, ops }: SavedDocument, row: number): string =>
  `${ops.counter[row]}@${actors[ops.actor[row] ?? 0]}`;

export function partsOf(id: string): readonly [counter: number, actor: string] {
  const at = id.indexOf('@');
  return [Number(id.slice(0, at)), id.slice(at + 1)];
}

/** The object that the operation in this row changes. */
export function objectOf({ actors, objects }: SavedDocument, row: number): string {
  let [low, high] = [0, objects.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (row < (objects[middle]?.end ?? 0)) high = middle;
    else low = middle + 1;
  }
  return nameOf(actors, objects[low]);
}

const nameOf = (actors: readonly string[], object: SavedDocument['objects'][number] | undefined) =>
  object === undefined || object.actor === NONE
    ? ROOT
    : `${object.counter}@${actors[object.actor]}`;

/** Where this element is above a row: what is inserted behind it comes right there, or after others. */
export function rowAbove(
  { ops }: SavedDocument,
  row: number,
  actor: number | undefined,
  counter: number | undefined,
): number {
  if (actor === NONE) return NONE;
  let at = row - 1;
  while (at >= 0 && (ops.counter[at] !== counter || ops.actor[at] !== actor)) at--;
  return at;
}

export const isOverwritten = ({ successors }: SavedDocument, row: number): boolean =>
  successors.start[row] !== successors.start[row + 1];

/** Rows `start` up to `end`, without it. */
export type Rows = { readonly start: number; readonly end: number };

/** The rows of these objects. */
export function rowsOf(
  saved: SavedDocument,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, Rows> {
  const found = new Map<string, Rows>();
  for (const { object, ...rows } of objectsIn(saved))
    if (wanted.has(object)) found.set(object, rows);
  return found;
}

/** All objects, in the order of their rows. */
export function* objectsIn({
  actors,
  objects,
}: SavedDocument): Generator<Rows & { readonly object: string }> {
  let start = 0;
  for (const object of objects) {
    yield { object: nameOf(actors, object), start, end: object.end };
    start = object.end;
  }
}
