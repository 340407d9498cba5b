import { NONE } from '#domain/document/undo/columns.ts';
import { writeUnsigned } from '#domain/document/undo/packed-numbers.ts';
import type { ChangeChunk } from './change-chunk.ts';
import {
  type Bytes,
  deltasWritten,
  flagsWritten,
  numbersWritten,
  writeSigned,
} from './column-writing.ts';
import type { InspectedChange } from './inspected.ts';
import type { Operation } from './operations.ts';

/** Far below where Automerge's numbers end. */
const MOST = 2 ** 31;
const MAGIC_AND_CHECKSUM = 8;
const ACTOR_HEX = 32;

/**
 * Whether the change inserts and deletes characters and is, byte by byte, what Automerge writes for
 * that: most of what ever comes in. Such bytes have one meaning, so nobody else need read them.
 */
export function isTypingAsWritten({ bytes, chunk, operations }: InspectedChange): boolean {
  if (!isPlain(chunk) || !operations.every(isTyping) || !refersBackOnly(chunk)) return false;
  const written = chunkWritten(chunk);
  const body = bytes.length - MAGIC_AND_CHECKSUM;
  return (
    written.length === body &&
    written.every((byte, index) => byte === bytes[index + MAGIC_AND_CHECKSUM])
  );
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

function chunkWritten({ actors, deps, seq, startOp, time, columns }: ChangeChunk): Bytes {
  const body: Bytes = [];
  writeUnsigned(body, deps.length);
  for (const dep of deps) body.push(...Buffer.from(dep, 'hex'));
  const [actor, ...others] = actors.map((hex) => Buffer.from(hex, 'hex'));
  writeUnsigned(body, actor!.length);
  body.push(...actor!);
  writeUnsigned(body, seq);
  writeUnsigned(body, startOp);
  writeSigned(body, time);
  // No message.
  writeUnsigned(body, 0);
  writeUnsigned(body, others.length);
  for (const other of others) {
    writeUnsigned(body, other.length);
    body.push(...other);
  }
  writeColumns(body, columns);
  const chunk: Bytes = [1];
  writeUnsigned(chunk, body.length);
  return chunk.concat(body);
}

function writeColumns(body: Bytes, columns: ChangeChunk['columns']): void {
  const written: readonly (readonly [id: number, Iterable<number> & { length: number }])[] = [
    [1, numbersWritten(columns.objectActor)],
    [2, numbersWritten(columns.objectCounter)],
    [17, numbersWritten(columns.keyActor)],
    [19, deltasWritten(columns.keyCounter)],
    [52, flagsWritten(columns.isInsert)],
    [66, numbersWritten(columns.action)],
    [86, numbersWritten(columns.valueMeta)],
    [87, columns.value],
    [112, numbersWritten(columns.predCount)],
    [113, numbersWritten(columns.predActor)],
    [115, deltasWritten(columns.predCounter)],
  ];
  const there = written.filter(([, { length }]) => length > 0);
  writeUnsigned(body, there.length);
  for (const [id, { length }] of there) {
    writeUnsigned(body, id);
    writeUnsigned(body, length);
  }
  for (const [, bytes] of there) for (const byte of bytes) body.push(byte);
}
