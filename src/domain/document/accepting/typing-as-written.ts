import { NONE } from '#domain/document/undo/columns.ts';
import { type ByteSink, writeUnsigned } from '#domain/document/undo/packed-numbers.ts';
import type { ChangeChunk } from './change-chunk.ts';
import { writeDeltas, writeFlags, writeNumbers, writeSigned } from './column-writing.ts';
import type { InspectedChange } from './inspected.ts';
import type { Operation } from './operations.ts';

/** Far below where Automerge's numbers end. */
const MOST = 2 ** 31;
const MAGIC_AND_CHECKSUM = 8;
const CHANGE = 1;
const ACTOR_HEX = 32;

/**
 * Whether the change inserts and deletes characters and is, byte by byte, what Automerge writes for
 * that: most of what ever comes in. Such bytes have one meaning, so nobody else need read them.
 */
export function isTypingAsWritten({ bytes, chunk, operations }: InspectedChange): boolean {
  if (!isPlain(chunk) || !operations.every(isTyping) || !refersBackOnly(chunk)) return false;
  const written = new Comparison(bytes, MAGIC_AND_CHECKSUM);
  written.push(CHANGE);
  writeLength(written, bytes.length - MAGIC_AND_CHECKSUM - 1);
  writeHead(written, chunk);
  return areColumnsAsWritten(written, chunk) && written.isSame;
}

/** Compares what is written with these bytes, and keeps none of it. */
class Comparison {
  readonly #bytes: Uint8Array;
  #isSameSoFar = true;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  push(byte: number): void {
    if (this.#bytes[this.at++] !== byte) this.#isSameSoFar = false;
  }

  get isSame(): boolean {
    return this.#isSameSoFar && this.at === this.#bytes.length;
  }
}

/** The length of what follows it, of which `left` counts its own bytes too. */
function writeLength(written: Comparison, left: number): void {
  let size = 1;
  while (left - size >= 2 ** (7 * size)) size++;
  writeUnsigned(written, left - size);
}

function isPlain({ actor, actors, deps, seq, startOp, time, count }: ChangeChunk): boolean {
  const others = actors.slice(1);
  return (
    actors.every(({ length }) => length === ACTOR_HEX) &&
    !others.includes(actor) &&
    isAscending(others) &&
    isAscending(deps) &&
    [seq, startOp, count].every((number) => number >= 1 && number < MOST) &&
    time >= 0 &&
    time < 2 ** 40
  );
}

const isAscending = (values: readonly string[]) =>
  values.every((value, index) => index === 0 || values[index - 1]! < value);

const isTyping = (operation: Operation) =>
  operation.kind === 'delete' || (operation.kind === 'insert' && operation.value !== '');

/** To texts and characters that were there before, of the actors that the change names and no others. */
function refersBackOnly({ actors, columns, startOp, count }: ChangeChunk): boolean {
  const named = new Set<number>();
  const isBefore = (actor: number, counter: number, row: number) => {
    named.add(actor);
    return counter >= 1 && counter < startOp + row && actor < actors.length;
  };
  for (let row = 0; row < count; row++) {
    if (!isBefore(columns.objectActor[row]!, columns.objectCounter[row]!, row)) return false;
    const [actor, counter] = [columns.keyActor[row]!, columns.keyCounter[row]!];
    const isHead = actor === NONE && counter === 0;
    if (!isHead && !isBefore(actor, counter, row)) return false;
  }
  return actors.every((_, index) => index === 0 || named.has(index));
}

function writeHead(written: Comparison, { actors, deps, seq, startOp, time }: ChangeChunk): void {
  const writeHex = (hex: string) => {
    for (const byte of Buffer.from(hex, 'hex')) written.push(byte);
  };
  const writeActor = (actor: string) => {
    writeUnsigned(written, actor.length / 2);
    writeHex(actor);
  };
  writeUnsigned(written, deps.length);
  for (const dep of deps) writeHex(dep);
  const [actor, ...others] = actors;
  writeActor(actor!);
  writeUnsigned(written, seq);
  writeUnsigned(written, startOp);
  writeSigned(written, time);
  // No message.
  writeUnsigned(written, 0);
  writeUnsigned(written, others.length);
  for (const other of others) writeActor(other);
}

type Write = (bytes: ByteSink) => void;

const columnWriters = (columns: ChangeChunk['columns']): readonly (readonly [number, Write])[] => [
  [1, (bytes) => writeNumbers(bytes, columns.objectActor)],
  [2, (bytes) => writeNumbers(bytes, columns.objectCounter)],
  [17, (bytes) => writeNumbers(bytes, columns.keyActor)],
  [19, (bytes) => writeDeltas(bytes, columns.keyCounter)],
  [52, (bytes) => writeFlags(bytes, columns.isInsert)],
  [66, (bytes) => writeNumbers(bytes, columns.action)],
  [86, (bytes) => writeNumbers(bytes, columns.valueMeta)],
  [87, (bytes) => columns.value.forEach((byte) => bytes.push(byte))],
  [112, (bytes) => writeNumbers(bytes, columns.predCount)],
  [113, (bytes) => writeNumbers(bytes, columns.predActor)],
  [115, (bytes) => writeDeltas(bytes, columns.predCounter)],
];

/** The columns that are there, in the one order of them, each as long as it says it is. */
function areColumnsAsWritten(written: Comparison, { columns, layout }: ChangeChunk): boolean {
  const writers = columnWriters(columns);
  writeUnsigned(written, layout.size);
  for (const [id] of writers) {
    const length = layout.get(id);
    if (length === undefined) continue;
    // A column that is empty is not there.
    if (length === 0) return false;
    writeUnsigned(written, id);
    writeUnsigned(written, length);
  }
  return writers.every(([id, write]) => {
    const from = written.at;
    write(written);
    return written.at - from === (layout.get(id) ?? 0);
  });
}
