import {
  ByteReader,
  deltas,
  flags,
  flagsIn,
  numbers,
  rowsIn,
  texts,
} from '#domain/document/undo/columns.ts';

/**
 * An Automerge change as its bytes say it (https://automerge.org/automerge-binary-format-spec,
 * change chunk), with no operation interpreted yet. An operation `n` has the id
 * `startOp + n` of `actor`.
 */
export type ChangeChunk = {
  readonly actor: string;
  readonly seq: number;
  readonly startOp: number;
  /** Seconds since 1970, as its author says. */
  readonly time: number;
  readonly deps: readonly string[];
  /** Its own actor, then those that its operations name. */
  readonly actors: readonly string[];
  readonly count: number;
  readonly columns: OperationColumns;
  /** How many bytes each column takes, by its id, in the order of the bytes. */
  readonly layout: ReadonlyMap<number, number>;
};

export type OperationColumns = {
  readonly objectActor: Float64Array;
  readonly objectCounter: Float64Array;
  readonly keyActor: Float64Array;
  readonly keyCounter: Float64Array;
  readonly keyText: ReadonlyMap<number, string>;
  readonly isInsert: Uint8Array;
  readonly action: Float64Array;
  readonly valueMeta: Float64Array;
  readonly value: Uint8Array;
  readonly predCount: Float64Array;
  readonly predActor: Float64Array;
  readonly predCounter: Float64Array;
};

/** The bytes are no change that Automerge wrote as it writes them. */
export class MalformedChange extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`No change: ${reason}.`, options);
    this.name = 'MalformedChange';
  }
}

const MAGIC = [0x85, 0x6f, 0x4a, 0x83];
const MAGIC_AND_CHECKSUM = 8;
const CHANGE = 1;
const HASH_BYTES = 32;
const MOST_ACTORS = 1_000;
/** Automerge takes 10 µs for each, and a run of a million is written in a few bytes. */
export const MOST_OPERATIONS = 20_000;

const columnIds = {
  objectActor: 1,
  objectCounter: 2,
  keyActor: 17,
  keyCounter: 19,
  keyText: 21,
  isInsert: 52,
  action: 66,
  valueMeta: 86,
  value: 87,
  predCount: 112,
  predActor: 113,
  predCounter: 115,
} as const;
const known = new Set<number>(Object.values(columnIds));

/**
 * Reads a change of at most so many operations; throws `MalformedChange`. Whether the bytes fit
 * their checksum is not asked.
 */
export function changeChunk(bytes: Uint8Array, most = MOST_OPERATIONS): ChangeChunk {
  try {
    return read(bytes, most);
  } catch (error) {
    if (error instanceof MalformedChange) throw error;
    throw new MalformedChange('its bytes end too early or too late', { cause: error });
  }
}

function read(bytes: Uint8Array, most: number): ChangeChunk {
  if (MAGIC.some((byte, index) => bytes[index] !== byte)) throw new MalformedChange('no magic');
  const reader = new ByteReader(bytes, MAGIC_AND_CHECKSUM);
  // A compressed one could be any size.
  if (reader.byte() !== CHANGE) throw new MalformedChange('a chunk of another type');
  if (reader.unsigned() !== bytes.length - reader.at) throw new MalformedChange('another length');
  const deps = Array.from({ length: bounded(reader.unsigned()) }, () => hex(reader, HASH_BYTES));
  const actor = hex(reader, reader.unsigned());
  const [seq, startOp, time] = [reader.unsigned(), reader.unsigned(), reader.signed()];
  reader.take(reader.unsigned());
  const others = Array.from({ length: bounded(reader.unsigned()) }, () =>
    hex(reader, reader.unsigned()),
  );
  const { column, layout } = columnsFrom(reader);
  if (!reader.isAtEnd) throw new MalformedChange('bytes that nobody wrote');
  const actors = [actor, ...others];
  return { actor, seq, startOp, time, deps, actors, layout, ...operationsFrom(column, most) };
}

function bounded(count: number): number {
  if (count > MOST_ACTORS) throw new MalformedChange('too many actors or dependencies');
  return count;
}

const hex = (reader: ByteReader, length: number) =>
  Buffer.from(reader.take(length)).toString('hex');

type Columns = (id: number) => Uint8Array;

function columnsFrom(reader: ByteReader): {
  readonly column: Columns;
  readonly layout: ReadonlyMap<number, number>;
} {
  const listed = Array.from({ length: bounded(reader.unsigned()) }, () => ({
    id: reader.unsigned(),
    length: reader.unsigned(),
  }));
  const columns = new Map<number, Uint8Array>();
  for (const { id, length } of listed) {
    const column = reader.take(length);
    if (length > 0 && !known.has(id)) {
      throw new MalformedChange('a column that no text or field needs');
    }
    columns.set(id, column);
  }
  return {
    column: (id) => columns.get(id) ?? new Uint8Array(),
    layout: new Map(listed.map(({ id, length }) => [id, length])),
  };
}

function operationsFrom(column: Columns, most: number): Pick<ChangeChunk, 'count' | 'columns'> {
  const count = fewEnough(rowsIn(column(columnIds.action)), most);
  /** A column that tells something of each operation, or is not there. */
  const told = (id: number, rows = rowsIn(column(id))) => {
    if (rows !== 0 && rows !== count) throw new MalformedChange('columns of different lengths');
    return column(id);
  };
  const predCount = numbers(told(columnIds.predCount), count);
  const preds = fewEnough(
    predCount.reduce((sum, value) => sum + Math.max(0, value), 0),
    most,
  );
  for (const id of [columnIds.predActor, columnIds.predCounter]) {
    if (rowsIn(column(id)) !== preds) throw new MalformedChange('columns of different lengths');
  }
  const keyTexts = told(
    columnIds.keyText,
    rowsIn(column(columnIds.keyText), (reader) => reader.text()),
  );
  const isInsert = told(columnIds.isInsert, flagsIn(column(columnIds.isInsert)));
  return {
    count,
    columns: {
      objectActor: numbers(told(columnIds.objectActor), count),
      objectCounter: numbers(told(columnIds.objectCounter), count),
      keyActor: numbers(told(columnIds.keyActor), count),
      keyCounter: deltas(told(columnIds.keyCounter), count),
      keyText: texts(keyTexts),
      isInsert: flags(isInsert, count),
      action: numbers(column(columnIds.action), count),
      valueMeta: numbers(told(columnIds.valueMeta), count),
      value: column(columnIds.value),
      predCount,
      predActor: numbers(column(columnIds.predActor), preds),
      predCounter: deltas(column(columnIds.predCounter), preds),
    },
  };
}

function fewEnough(count: number, most: number): number {
  if (count > most) throw new MalformedChange('too many operations');
  return count;
}
