import type { SectionId } from '#domain/ids.ts';
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
};

export type DocumentState =
  | { readonly status: 'missing' }
  | { readonly status: 'erased' }
  | LivingDocument;

export const initialState: DocumentState = { status: 'missing' };
