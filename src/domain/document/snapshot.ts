import { decode, encode } from 'cborg';
import type { SnapshotCodec } from '#domain/aggregate.ts';
import { documentSubject } from '#domain/event.ts';
import type { DocumentId } from '#domain/ids.ts';
import { longestIn, settled, storedContent } from './live-content.ts';
import { headsFromBytes, headsToBytes } from './replica.ts';
import type { DocumentState, LivingDocument, Merge, PastCut } from './state.ts';
import { type LedgerBytes, ledgerFromBytes, ledgerToBytes } from './undo/ledger-bytes.ts';

type Packed = Omit<
  LivingDocument,
  'content' | 'versions' | 'cuts' | 'folderOrder' | 'ledger' | 'merges'
> & {
  readonly saved: Uint8Array;
  /** UTF-16 units of its longest section. Snapshots from before it was kept do not have it, for ever. */
  readonly longest?: number;
  readonly folderOrder?: string | undefined;
  readonly versions: readonly (readonly [string, number])[];
  readonly cuts: readonly PackedCut[];
  readonly ledger: LedgerBytes;
  readonly merges: readonly (readonly [DocumentId, Merge])[];
};
/** Section ids and hashes as bytes: hexadecimal would take twice the space. */
type PackedCut = readonly [
  revision: number,
  from: Uint8Array,
  at: number,
  length: number,
  to: Uint8Array,
  before: readonly Uint8Array[],
  after: readonly Uint8Array[],
];

export const documentSnapshot: SnapshotCodec<DocumentState> = {
  version: 4,
  subject: documentSubject,
  // A named version is one that people come back to.
  eagerAfter: (eventType) => eventType === 'VersionNamed',
  encode: (state) => encode(pack(state), { ignoreUndefinedProperties: true }),
  decode: (bytes) => unpack(decode(bytes) as Packed | { status: 'missing' | 'erased' }),
};

function pack(state: DocumentState): Packed | { status: 'missing' | 'erased' } {
  if (!('content' in state)) return state;
  const { content: live, versions, cuts, ledger, merges, ...rest } = state;
  const content = settled(live);
  return {
    ...rest,
    saved: content.replica.save(),
    longest: longestIn(content),
    versions: [...versions],
    cuts: cuts.map(packCut),
    ledger: ledgerToBytes(ledger),
    merges: [...merges],
  };
}

function unpack(packed: Packed | { status: 'missing' | 'erased' }): DocumentState {
  if (!('saved' in packed)) return packed;
  const { saved, longest, versions, cuts, folderOrder, ledger, merges, ...rest } = packed;
  return {
    ...rest,
    content: storedContent(saved, longest),
    folderOrder,
    versions: new Map(versions),
    cuts: cuts.map(unpackCut),
    ledger: ledgerFromBytes(ledger),
    merges: new Map(merges),
  };
}

const toBytes = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const toHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const packCut = ({ revision, from, at, length, to, before, after }: PastCut): PackedCut => [
  revision,
  toBytes(from),
  at,
  length,
  toBytes(to),
  headsToBytes(before),
  headsToBytes(after),
];

const unpackCut = ([revision, from, at, length, to, before, after]: PackedCut): PastCut => ({
  revision,
  from: toHex(from) as PastCut['from'],
  at,
  length,
  to: toHex(to) as PastCut['to'],
  before: headsFromBytes(before),
  after: headsFromBytes(after),
});
