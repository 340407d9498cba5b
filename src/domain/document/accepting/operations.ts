import { NONE } from '#domain/document/undo/columns.ts';
import { type ObjectId, ROOT } from '#domain/document/replica.ts';
import { type ChangeChunk, MalformedChange } from './change-chunk.ts';

/** `<counter>@<actor>`, as Automerge writes the ids of operations, and so of elements and objects. */
export type OpId = string;
export const HEAD = '_head';

/** What one operation of a change does to a text, a field, or the structure that holds them. */
export type Operation =
  | {
      readonly kind: 'insert';
      readonly id: OpId;
      readonly object: ObjectId;
      /** `HEAD` at the beginning of the text. */
      readonly behind: OpId;
      readonly value: string;
    }
  | { readonly kind: 'delete'; readonly object: ObjectId; readonly element: OpId }
  | {
      readonly kind: 'put';
      readonly id: OpId;
      readonly object: ObjectId;
      readonly key: string;
      readonly value: string | boolean;
      readonly replaced: readonly OpId[];
    }
  | {
      readonly kind: 'make';
      readonly id: OpId;
      readonly object: ObjectId;
      readonly key: string;
      readonly made: 'map' | 'text';
    };

const MAKE_MAP = 0;
const SET = 1;
const DELETE = 3;
const MAKE_TEXT = 4;

const FALSE = 1;
const TRUE = 2;
const UTF8 = 6;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a change's operations; throws `MalformedChange` at one that no document needs. */
export function operationsOf(chunk: ChangeChunk): readonly Operation[] {
  const { actors, columns, count, startOp, actor } = chunk;
  const { action, isInsert, keyText, keyActor, keyCounter } = columns;
  const operations: Operation[] = [];
  const idOf = (actorIndex: number | undefined, counter: number | undefined): OpId => {
    const name = actors[actorIndex ?? NONE];
    if (name === undefined || counter === undefined || counter < 0) throw unneeded();
    return `${counter}@${name}`;
  };
  const objectOf = (row: number): ObjectId =>
    columns.objectActor[row] === NONE && columns.objectCounter[row] === NONE
      ? ROOT
      : idOf(columns.objectActor[row], columns.objectCounter[row]);
  const elementOf = (row: number): OpId =>
    keyActor[row] === NONE && keyCounter[row] === 0 ? HEAD : idOf(keyActor[row], keyCounter[row]);

  const valueOf = valuesOf(columns);
  let pred = 0;
  for (let row = 0; row < count; row++) {
    const replaced: OpId[] = [];
    for (const end = pred + Math.max(0, columns.predCount[row] ?? 0); pred < end; pred++) {
      replaced.push(idOf(columns.predActor[pred], columns.predCounter[pred]));
    }
    const value = valueOf(row);
    const at = { id: `${startOp + row}@${actor}`, object: objectOf(row) };
    const key = keyText.get(row);
    operations.push(
      key === undefined
        ? inText(action[row], isInsert[row] === 1, at, elementOf(row), value, replaced)
        : inMap(action[row], isInsert[row] === 1, { ...at, key }, value, replaced),
    );
  }
  valueOf(count);
  return operations;
}

const unneeded = () => new MalformedChange('an operation that no text or field needs');

type At = { readonly id: OpId; readonly object: ObjectId };

function inText(
  action: number | undefined,
  isInsert: boolean,
  { id, object }: At,
  element: OpId,
  value: string | boolean | undefined,
  replaced: readonly OpId[],
): Operation {
  if (action === SET && isInsert && typeof value === 'string' && replaced.length === 0) {
    return { kind: 'insert', id, object, behind: element, value };
  }
  const isDeletion = action === DELETE && !isInsert && value === undefined;
  if (isDeletion && replaced.length === 1 && replaced[0] === element) {
    return { kind: 'delete', object, element };
  }
  throw unneeded();
}

function inMap(
  action: number | undefined,
  isInsert: boolean,
  at: At & { readonly key: string },
  value: string | boolean | undefined,
  replaced: readonly OpId[],
): Operation {
  if (isInsert) throw unneeded();
  if (action === SET && value !== undefined) return { kind: 'put', ...at, value, replaced };
  const made = action === MAKE_MAP ? 'map' : action === MAKE_TEXT ? 'text' : undefined;
  if (made === undefined || value !== undefined || replaced.length > 0) throw unneeded();
  return { kind: 'make', ...at, made };
}

/** Reads values row by row; at the row behind the last one all of their bytes must be read. */
function valuesOf({ valueMeta, value }: ChangeChunk['columns']) {
  let start = 0;
  return (row: number): string | boolean | undefined => {
    if (row === valueMeta.length) {
      if (start !== value.length) throw new MalformedChange('bytes that nobody wrote');
      return undefined;
    }
    const meta = Math.max(0, valueMeta[row] ?? 0);
    const [type, length] = [meta % 16, Math.floor(meta / 16)];
    if (length > value.length - start) throw new MalformedChange('a value without its bytes');
    const bytes = value.subarray(start, (start += length));
    if (type === UTF8) return textFrom(bytes);
    if (length > 0 || type > TRUE) throw unneeded();
    return type === FALSE ? false : type === TRUE ? true : undefined;
  };
}

function textFrom(bytes: Uint8Array): string {
  if (bytes.length === 1 && bytes[0]! < 0x80) return String.fromCharCode(bytes[0]!);
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new MalformedChange('a text that is no UTF-8', { cause: error });
  }
}
