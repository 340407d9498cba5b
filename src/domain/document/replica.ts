import * as Automerge from '@automerge/automerge';

/**
 * One copy of an Automerge document, below the layer of JavaScript proxies: reading a text of 100k
 * characters through those costs more than editing it. Its memory is WebAssembly's, which the
 * garbage collector does not see: free it when it is no longer needed.
 */
export type Replica = ReturnType<typeof Automerge.getBackend>;
export type Heads = readonly string[];
export type ObjectId = string;

export const ROOT: ObjectId = '_root';

/** Nobody writes as this actor: changes are made on clones that have an actor of their own. */
const READER = '00';

export const emptyReplica = (): Replica => quiet(Automerge.init<object>({ actor: READER }));

/** Hashes were checked when the bytes were sealed; `unchecked` skips doing it again. */
export const loadReplica = (saved: Uint8Array): Replica =>
  quiet(Automerge.load<object>(saved, { actor: READER, unchecked: true }));

const quiet = (document: Automerge.Doc<object>): Replica =>
  withoutPatches(Automerge.getBackend(document));

export function applyChanges(replica: Replica, changes: readonly Uint8Array[]): void {
  replica.applyChanges([...changes]);
  withoutPatches(replica);
}

/** An operation as Automerge writes it in changes. */
export type Operation = {
  readonly action: 'set' | 'del';
  readonly obj: ObjectId;
  readonly key?: string;
  readonly elemId?: string;
  readonly insert?: true;
  readonly value?: string | boolean;
  readonly pred: readonly string[];
};

/** A change made by hand, where what it does cannot be said by writing into a replica. */
export function newChange(change: {
  readonly actor: string;
  readonly seq: number;
  readonly startOp: number;
  readonly deps: Heads;
  /** Seconds since 1970. */
  readonly time: number;
  readonly operations: readonly Operation[];
}): Uint8Array {
  const { operations, deps, ...rest } = change;
  const encoded = { ...rest, message: null, deps: [...deps], ops: operations };
  // Its type asks for what it does not need: an author, and keys where elements are changed.
  return Automerge.encodeChange(encoded as unknown as Automerge.DecodedChange);
}

/**
 * A replica collects patches for a JavaScript view that nobody reads here: after a large change
 * they made every clone cost 12 MB and 20 ms.
 */
export function withoutPatches(replica: Replica): Replica {
  replica.resetDiffCursor();
  return replica;
}

export const headsOf = (replica: Replica): string[] => replica.getHeads();

/** The counter of a change's last operation; `undefined` where the replica does not have it. */
export function maxOpOf(replica: Replica, hash: string): number | undefined {
  const meta: { readonly maxOp: number } | null = replica.getChangeMetaByHash(hash);
  return meta?.maxOp;
}

export const hashOf = (change: Uint8Array): string => Automerge.decodeChange(change).hash;

export const sameHeads = (one: Heads, other: Heads): boolean =>
  one.length === other.length && one.every((head, index) => head === other[index]);

/** The text at `heads`; the newest is read several times faster without them. */
export function textAt(replica: Replica, object: ObjectId, heads?: Heads): string {
  return heads === undefined ? replica.text(object) : replica.text(object, [...heads]);
}

/** Change hashes as they are stored: hexadecimal would take twice the space. */
export const headsToBytes = (heads: Heads): Uint8Array[] =>
  heads.map((head) => Uint8Array.from(Buffer.from(head, 'hex')));

export const headsFromBytes = (heads: readonly Uint8Array[]): Heads =>
  heads.map((head) => Buffer.from(head).toString('hex'));
