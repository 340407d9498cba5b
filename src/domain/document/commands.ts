import type { DocumentBase, RestorePoint } from './content.ts';
import type { Edit } from './edits.ts';
import type { AccessList, Origin } from './events.ts';

export type CreateDocument = {
  readonly type: 'CreateDocument';
  readonly title: string;
  readonly markdown?: string;
  readonly folder?: string;
  readonly origin?: Origin;
};

export type EditDocument = {
  readonly type: 'EditDocument';
  readonly edits: readonly Edit[];
  /**
   * `baseOf(state)` of the revision whose offsets the edits use; absent: the newest. The edits are
   * carried forward from there, to what a live client's concurrent edits would have led to.
   */
  readonly base?: DocumentBase;
  /** Default: a group of its own for each command. */
  readonly group?: string;
  readonly origin?: Origin;
};

export type FileDocument = {
  readonly type: 'FileDocument';
  /** `null` takes it out of its folder. */
  readonly folder: string | null;
  readonly order?: string;
  /** A new title with it: both happen, or neither. */
  readonly title?: string;
};

export type ArchiveDocument = { readonly type: 'ArchiveDocument' };
export type UnarchiveDocument = { readonly type: 'UnarchiveDocument' };
export type ChangeAccess = { readonly type: 'ChangeAccess'; readonly access: AccessList };

export type NameVersion = {
  readonly type: 'NameVersion';
  readonly name: string;
  /** Default: the newest. */
  readonly revision?: number;
};
export type RemoveVersionName = { readonly type: 'RemoveVersionName'; readonly name: string };

/** Makes the document read as `to` (`restorePointOf(state)` at `revision`), as one new edit. */
export type RestoreDocument = {
  readonly type: 'RestoreDocument';
  readonly to: RestorePoint;
  readonly revision: number;
};

export type UndoGroup = {
  readonly type: 'UndoGroup';
  /** Whose edits: the caller's own, or anybody's. */
  readonly scope: UndoScope;
  /** Default: the newest in effect. */
  readonly group?: string;
};
export type RedoGroup = {
  readonly type: 'RedoGroup';
  readonly scope: UndoScope;
  /** Default: what was undone last. */
  readonly group?: string;
};
export type UndoScope = 'mine' | 'document';

/** Lets the document be again what its groups make of it, after changes that were made elsewhere. */
export type ReconcileDocument = { readonly type: 'ReconcileDocument' };

export type DocumentCommand =
  | CreateDocument
  | EditDocument
  | FileDocument
  | ArchiveDocument
  | UnarchiveDocument
  | ChangeAccess
  | NameVersion
  | RemoveVersionName
  | RestoreDocument
  | UndoGroup
  | RedoGroup
  | ReconcileDocument;
