import { createHash } from 'node:crypto';
import * as A from '@automerge/automerge';
import { Typist } from './palimpsest-typist.ts';
import type { Actor } from './palimpsest-client.ts';

const WORD = 'word ';
/** What is taken back of a text that has become so long, so that it stays as it is. */
const LONGEST = 1_500;
/** One in so many changes of the second writer is made before the first one's last has come. */
const ONE_IN = 5;

export type Pair = readonly [Actor, Actor];

/** A change of two, as it is sent. */
export type PairChange = { readonly bytes: Uint8Array; readonly deps: readonly number[] };

/** A document as it was before its two writers came. */
type Scene = { readonly head: Uint8Array; readonly actors: readonly Uint8Array[] };

type RecordedChange = {
  readonly bytes: Uint8Array;
  readonly hash: string;
  /** Changes before it, by their numbers; none is the document as it was. */
  readonly deps: readonly number[];
};

type Recording = { readonly scene: Scene; readonly changes: readonly RecordedChange[] };

/**
 * What two write in turns, the first of them the even changes: recorded in the first document, and
 * as it would have been in the others, which began as that one did.
 */
export function pairRecorder(
  count: number,
): (snapshot: Uint8Array, pair: Pair) => readonly PairChange[] {
  // A change lists its actors ascending, so each order of the three has a recording of its own.
  const recordings = new Map<string, Recording>();
  return (snapshot, pair) => {
    const scene = sceneOf(snapshot, pair);
    const order = String(
      scene.actors.map(
        (one) => scene.actors.filter((other) => Buffer.compare(other, one) < 0).length,
      ),
    );
    const recording = recordings.get(order) ?? { scene, changes: record(snapshot, pair, count) };
    recordings.set(order, recording);
    return recast(recording, scene);
  };
}

function record(snapshot: Uint8Array, pair: Pair, count: number): RecordedChange[] {
  const typists = pair.map((actor) => new Typist(snapshot, actor));
  const missed: Uint8Array[][] = [[], []];
  const changes: RecordedChange[] = [];
  for (let number = 0; number < count; number++) {
    const writer = number % 2;
    const isAtOnce = writer === 1 && Math.floor(number / 2) % ONE_IN === 0;
    if (!isAtOnce) typists[writer]!.take([{ changes: missed[writer]!.splice(0) }]);
    const { length } = typists[writer]!.text;
    const position = (number * 7_919) % (length - WORD.length);
    const remove = length > LONGEST ? WORD.length : 0;
    const bytes = typists[writer]!.type([
      ...(remove > 0 ? [{ position, remove, insert: '' }] : []),
      { position, remove: 0, insert: WORD },
    ]);
    missed[1 - writer]!.push(bytes);
    const { hash, deps } = A.decodeChange(bytes);
    const numbers = deps.map((dep) => changes.findLastIndex((change) => change.hash === dep));
    changes.push({ bytes, hash, deps: numbers.filter((known) => known >= 0) });
  }
  return changes;
}

/**
 * The changes as these two would have made them in their document, which began as the recorded one
 * did. Which bytes of a change name what is said at
 * https://automerge.org/automerge-binary-format-spec (change chunk).
 */
function recast({ scene, changes }: Recording, to: Scene): PairChange[] {
  const hashes: Uint8Array[] = [];
  return changes.map(({ bytes, deps }) => {
    const copy = Buffer.from(bytes);
    scene.actors.forEach((actor, index) => {
      const at = copy.indexOf(actor);
      if (at >= 0) copy.set(to.actors[index]!, at);
    });
    const before = deps.map((dep): Uint8Array => Buffer.from(changes[dep]!.hash, 'hex'));
    const after = deps.map((dep) => hashes[dep]!);
    if (deps.length === 0) [before[0], after[0]] = [scene.head, to.head];
    const places = before.map((hash) => copy.indexOf(hash)).toSorted((one, other) => one - other);
    after.toSorted(Buffer.compare).forEach((hash, index) => copy.set(hash, places[index]));
    const digest = createHash('sha256').update(copy.subarray(8)).digest();
    copy.set(digest.subarray(0, 4), 4);
    hashes.push(digest);
    return { bytes: copy, deps };
  });
}

function sceneOf(snapshot: Uint8Array, pair: Pair): Scene {
  const document = A.load<object>(snapshot);
  const [head, ...otherHeads] = A.getHeads(document);
  const authors = new Set(A.getAllChanges(document).map((change) => A.decodeChange(change).actor));
  if (head === undefined || otherHeads.length > 0 || authors.size !== 1) {
    throw new Error('The document is not as its server made it.');
  }
  const actors = [...authors].map((author) => Buffer.from(author, 'hex'));
  actors.push(...pair.map(({ id }) => Buffer.from(id)));
  return { head: Buffer.from(head, 'hex'), actors };
}
