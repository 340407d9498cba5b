import type { AnchoredText } from '#domain/anchor.ts';
import type { DocumentId, SuggestionId } from '#domain/ids.ts';
import type { Inherited } from './branch/inheritance.ts';
import type { OwnChanges } from './branch/own-changes.ts';
import type { DocumentBase, RestorePoint } from './content.ts';
import type { Edit } from './edits.ts';
import type { InspectedChange } from './accepting/inspected.ts';
import type { AccessList, Origin, TakenChoice } from './events.ts';

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

/** Changes that one actor of a live client made elsewhere, in their order. */
export type AcceptChanges = {
  readonly type: 'AcceptChanges';
  readonly actor: string;
  readonly changes: readonly InspectedChange[];
  readonly group: string;
};

/** Sections that grew too long by typing are cut in the next pause. */
export type CutGrownSections = { readonly type: 'CutGrownSections' };

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

/** Writes what was chosen of a suggestion. Its id follows from the suggestion's: one is taken once. */
export type TakeSuggestion = AnchoredText & {
  readonly type: 'TakeSuggestion';
  readonly suggestion: SuggestionId;
  readonly replacement: string;
  readonly origin: Origin;
  readonly choice: TakenChoice;
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

/** Begins a document as another one was (`inheritedFrom(state)` at the revision). */
export type BranchDocument = {
  readonly type: 'BranchDocument';
  readonly of: { readonly document: DocumentId; readonly revision: number };
  /** Default: the other's. */
  readonly title?: string;
  readonly access: AccessList;
  readonly folder: string | null;
  readonly inherited: Inherited;
};

/** Takes in what a branch has made of the document since it began, or since it was last merged. */
export type MergeBranch = {
  readonly type: 'MergeBranch';
  readonly id: DocumentId;
  /** `ownChangesOf(state)` of the branch at `revision`. */
  readonly branch: OwnChanges;
  readonly revision: number;
};

export type DocumentCommand =
  | CreateDocument
  | EditDocument
  | AcceptChanges
  | CutGrownSections
  | FileDocument
  | ArchiveDocument
  | UnarchiveDocument
  | ChangeAccess
  | NameVersion
  | RemoveVersionName
  | RestoreDocument
  | TakeSuggestion
  | UndoGroup
  | RedoGroup
  | ReconcileDocument
  | BranchDocument
  | MergeBranch;
