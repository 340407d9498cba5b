import { NONE } from './columns.ts';
import type { SavedDocument } from './saved-document.ts';

const BOOLEANS = [false, true];
const UTF8 = 6;

/** The text or flag that the operation in this row writes; anything else is not ours. */
export function valueAt({ values }: SavedDocument, row: number): string | boolean | undefined {
  const type = (values.meta[row] ?? 0) & 0b1111;
  if (type !== UTF8) return BOOLEANS[type - 1];
  const bytes = values.bytes.subarray(values.start[row], values.start[row + 1]);
  return bytes.length === 1 ? String.fromCharCode(bytes[0] ?? 0) : Buffer.from(bytes).toString();
}

/** UTF-16 units of the character in this row. */
export const lengthAt = (saved: SavedDocument, row: number): number =>
  String(valueAt(saved, row) ?? '').length;

/** An operation's id as Automerge writes it in changes. */
export const opId = ({ actors, ops }: SavedDocument, row: number): string =>
  `${ops.counter[row]}@${actors[ops.actor[row] ?? 0]}`;

/** The object that the operation in this row changes. */
export const objectOf = ({ actors, ops }: SavedDocument, row: number): string =>
  ops.objectActor[row] === NONE
    ? '_root'
    : `${ops.objectCounter[row]}@${actors[ops.objectActor[row] ?? 0]}`;

export const isOverwritten = ({ successors }: SavedDocument, row: number): boolean =>
  successors.start[row] !== successors.start[row + 1];

/** Rows `start` up to `end`, without it. */
export type Rows = { readonly start: number; readonly end: number };

/** The rows of these objects. */
export function rowsOf(
  saved: SavedDocument,
  objects: ReadonlySet<string>,
): ReadonlyMap<string, Rows> {
  const { count, objectActor, objectCounter } = saved.ops;
  const found = new Map<string, Rows>();
  for (let start = 0, end = 0; start < count; start = end) {
    for (end = start + 1; end < count; end++) {
      if (objectActor[end] !== objectActor[start]) break;
      if (objectCounter[end] !== objectCounter[start]) break;
    }
    const object = objectOf(saved, start);
    if (objects.has(object)) found.set(object, { start, end });
  }
  return found;
}
