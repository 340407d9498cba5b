import type { Replica } from '#domain/document/replica.ts';
import { once } from '#domain/once.ts';
import { type NumberRun, numberRuns, numbersAt } from './column-runs.ts';
import { NONE, deltas, flags, lowestBits, rowsIn, smallNumbers, sums, texts } from './columns.ts';
import { type Columns, savedColumns } from './saved-columns.ts';

/**
 * Everything that was ever written into a document, as Automerge itself keeps it: every operation
 * with its id and the ids of those that overwrote or deleted it, the characters of a text in
 * their order, the deleted ones included. Automerge tells none of this about what is no longer
 * visible, except in the bytes it saves. Those are a stored format that it must always be able to
 * read; uncompressed, a document of 260,000 keystrokes is written in a millisecond.
 *
 * `NONE` stands for null. Actors are indexes into `actors`, which is sorted.
 */
export type SavedDocument = {
  readonly actors: readonly string[];
  readonly changes: {
    readonly count: number;
    readonly actor: Int32Array;
    readonly seq: Float64Array;
    readonly maxOp: Float64Array;
    /** In seconds since 1970. */
    readonly at: Float64Array;
    readonly dependencies: () => Dependencies;
  };
  /** A row for every operation but deletions: by object, and within a text in document order. */
  readonly ops: {
    readonly count: number;
    readonly actor: Int32Array;
    readonly counter: Float64Array;
    readonly isInsert: Uint8Array;
    readonly keyText: ReadonlyMap<number, string>;
    /** What the characters in these rows, in order, were inserted behind. */
    readonly behind: (rows: readonly number[]) => Behind;
    /** The same of all rows, which is much to read. */
    readonly allBehind: () => Behind;
    /** What the operation in each row does, by Automerge's numbers. */
    readonly actions: () => Int32Array;
  };
  readonly objects: readonly ObjectRows[];
  readonly values: Values;
  readonly successors: Successors;
};

/** Ids of elements; none at the beginning of a text. */
type Behind = {
  readonly actors: Readonly<ArrayLike<number>>;
  readonly counters: Readonly<ArrayLike<number>>;
};

/** Change `n` was written on top of those in `changes` from `start[n]` up to `start[n + 1]`. */
type Dependencies = { readonly start: Int32Array; readonly changes: Float64Array };

/** The rows of one object, from the last one's on; no actor: the root. */
type ObjectRows = { readonly actor: number; readonly counter: number; readonly end: number };

/** What the operation in each row writes: Automerge's type of it, and its bytes. */
type Values = {
  readonly type: Uint8Array;
  readonly start: Int32Array;
  readonly bytes: Uint8Array;
};

/** Row `n` was overwritten or deleted by the operations `start[n]` up to `start[n + 1]`. */
type Successors = {
  readonly start: Int32Array;
  readonly actor: Int32Array;
  readonly counter: Float64Array;
};

const changeColumns = {
  actor: 1,
  seq: 3,
  maxOp: 19,
  at: 35,
  dependencyCount: 64,
  dependency: 67,
} as const;
const opColumns = {
  objectActor: 1,
  objectCounter: 2,
  keyActor: 17,
  keyCounter: 19,
  keyText: 21,
  actor: 33,
  counter: 35,
  isInsert: 52,
  action: 66,
  valueMeta: 86,
  value: 87,
  successorCount: 128,
  successorActor: 129,
  successorCounter: 131,
} as const;

export function savedDocument(replica: Replica): SavedDocument {
  const { actors, changes, ops } = savedColumns(replica.saveNoCompress());
  return { actors, changes: changesFrom(changes), ...opsFrom(ops) };
}

function changesFrom(column: Columns): SavedDocument['changes'] {
  const actors = column(changeColumns.actor);
  const count = rowsIn(actors);
  return {
    count,
    actor: smallNumbers(actors, count),
    seq: deltas(column(changeColumns.seq), count),
    maxOp: deltas(column(changeColumns.maxOp), count),
    at: deltas(column(changeColumns.at), count),
    dependencies: once(() => {
      const start = sums(column(changeColumns.dependencyCount), count);
      return { start, changes: deltas(column(changeColumns.dependency), start[count] ?? 0) };
    }),
  };
}

function opsFrom(column: Columns): Omit<SavedDocument, 'actors' | 'changes'> {
  const count = rowsIn(column(opColumns.action));
  return {
    ops: {
      count,
      actor: smallNumbers(column(opColumns.actor), count),
      counter: deltas(column(opColumns.counter), count),
      isInsert: flags(column(opColumns.isInsert), count),
      keyText: texts(column(opColumns.keyText)),
      behind: (rows) => ({
        actors: numbersAt(column(opColumns.keyActor), rows),
        counters: numbersAt(column(opColumns.keyCounter), rows, { asDeltas: true }),
      }),
      allBehind: once(() => ({
        actors: smallNumbers(column(opColumns.keyActor), count),
        counters: deltas(column(opColumns.keyCounter), count),
      })),
      actions: once(() => smallNumbers(column(opColumns.action), count)),
    },
    objects: objectsFrom(column),
    values: valuesFrom(column, count),
    successors: successorsFrom(column, count),
  };
}

function objectsFrom(column: Columns): readonly ObjectRows[] {
  const actors = numberRuns(column(opColumns.objectActor));
  const counters = numberRuns(column(opColumns.objectCounter));
  const objects: ObjectRows[] = [];
  for (let [a, c] = [0, 0]; a < actors.length || c < counters.length;) {
    const [actor, counter] = [actors[a] ?? nothing, counters[c] ?? nothing];
    const end = Math.min(actor.end, counter.end);
    addObject(objects, { actor: actor.value, counter: counter.value, end });
    if (actor.end === end) a++;
    if (counter.end === end) c++;
  }
  return objects;
}

function addObject(objects: ObjectRows[], object: ObjectRows): void {
  const last = objects.at(-1);
  if (last?.actor === object.actor && last.counter === object.counter) objects.pop();
  objects.push(object);
}

/** A column that ends early tells null for the rest. */
const nothing: NumberRun = { value: NONE, end: Infinity };

/** In front of them, the value's length in bytes. */
const TYPE_BITS = 4;

function valuesFrom(column: Columns, count: number): Values {
  const meta = column(opColumns.valueMeta);
  const type = lowestBits(meta, count);
  return { type, start: sums(meta, count, TYPE_BITS), bytes: column(opColumns.value) };
}

function successorsFrom(column: Columns, count: number): Successors {
  const start = sums(column(opColumns.successorCount), count);
  const total = start[count] ?? 0;
  return {
    start,
    actor: smallNumbers(column(opColumns.successorActor), total),
    counter: deltas(column(opColumns.successorCounter), total),
  };
}
