import type { DocumentId, SectionId } from '#domain/ids.ts';
import type { AccessList } from './events.ts';
import type { LiveContent } from './live-content.ts';
import type { Heads } from './replica.ts';
import type { Ledger } from './undo/ledger.ts';

/** A cut and the document's heads around it, so that older offsets can be carried across. */
export type PastCut = {
  readonly revision: number;
  readonly from: SectionId;
  readonly at: number;
  readonly length: number;
  readonly to: SectionId;
  /** Several cuts of one change have the same heads, and apply one after the other. */
  readonly before: Heads;
  readonly after: Heads;
};

/**
 * A document that can be read.
 *
 * Its content and its ledger are **linear** values: `evolve` changes them in place and gives them on to the new state,
 * so that the older state must no longer be used. `decide` works on a copy and leaves the state as
 * it was, whether or not the append succeeds.
 */
export type LivingDocument = {
  readonly status: 'open' | 'archived';
  readonly content: LiveContent;
  readonly actorSeed: string;
  readonly access: AccessList;
  readonly folder: string | null;
  readonly folderOrder: string | undefined;
  readonly versions: ReadonlyMap<string, number>;
  readonly cuts: readonly PastCut[];
  readonly ledger: Ledger;
  /** Of a branch: where it begins. */
  readonly branchOf?: { readonly document: DocumentId; readonly revision: number } | undefined;
  /** Of a branch: what was there when it began. */
  readonly inherited?: Beginning | undefined;
  /** Parts of what a branch begins with, until the last of them is there. */
  readonly arriving?: readonly Uint8Array[] | undefined;
  /** The last merge of each branch. */
  readonly merges: ReadonlyMap<DocumentId, Merge>;
};

/** Where a branch begins. The first `changes` of its ledger are the original's, and end at `heads`. */
export type Beginning = {
  readonly heads: Heads;
  readonly changes: number;
  /** With the change that gave the branch a name of its own. */
  readonly named: number;
};

/** A merge as places in the ledger: which side wrote what since there was no difference. */
export type Merge = {
  readonly group: string;
  readonly revision: number;
  /** From here on up to `start`, the changes are the document's own. */
  readonly since: number;
  readonly start: number;
  /** Up to here they are the branch's; what comes then, up to `end`, is the server's. */
  readonly carried: number;
  readonly end: number;
};

export type DocumentState =
  | { readonly status: 'missing' }
  | { readonly status: 'erased' }
  | LivingDocument;

export const initialState: DocumentState = { status: 'missing' };
