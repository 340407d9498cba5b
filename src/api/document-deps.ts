import type { Anchor, AnchoredText } from '#domain/anchor.ts';
import type { FoundAnchor } from '#domain/document/anchor/find-anchors.ts';
import type { AskedRange } from '#domain/document/anchor/make-anchor.ts';
import type { DocumentCommand, RedoGroup, UndoGroup } from '#domain/document/commands.ts';
import type { SectionBlame } from '#domain/document/blame.ts';
import type { Overlap } from '#domain/document/branch/overlaps.ts';
import type { SectionText } from '#domain/document/content.ts';
import type { DocumentDiff } from '#domain/document/diff.ts';
import type { Edit } from '#domain/document/edits.ts';
import type { AccessList, Origin } from '#domain/document/events.ts';
import type { DocumentId } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';
import type { TimelineItem, TimelineQuery } from '#projections/document-timeline.ts';
import type { DocumentListItem, DocumentListQuery } from '#projections/listed-documents.ts';
import type { ToldConflict } from '#projections/told-conflicts.ts';
import type { Page, PageQuery } from '#projections/page.ts';
import type { CommandMeta, Handle, Written } from './deps.ts';

/** A point in a document's history; `undefined` is the newest. */
export type At =
  | { readonly revision: number }
  | { readonly time: Date }
  | { readonly version: string };

/** A document as it was at one revision, as plain data. */
export type DocumentAsOf = {
  readonly id: DocumentId;
  readonly revision: number;
  readonly recordedAt: string;
  readonly title: string;
  readonly folder: string | null;
  readonly archived: boolean;
  readonly sections: readonly SectionText[];
  readonly access: AccessList;
  /** Names of versions and the revisions they stand for. */
  readonly versions: ReadonlyMap<string, number>;
};

/** What became of a document between two revisions. */
export type DocumentDiffAsOf = DocumentDiff & {
  readonly from: { readonly revision: number; readonly recordedAt: string };
  readonly to: { readonly revision: number; readonly recordedAt: string };
};

/** Anchored texts in the newest document. */
export type Found = { readonly revision: number; readonly found: readonly FoundAnchor[] };

/** What the caller may do with a document that they may comment on. */
export type DocumentRights = { readonly mayEdit: boolean; readonly isOwner: boolean };

/** What comments and suggestions need of documents. */
export type AnchoringDeps = {
  /** Throws unless the principal may comment on the document, and it can still change. */
  readonly rightsOn: (principal: Principal, id: DocumentId) => Promise<DocumentRights>;
  /** Offsets are those of `baseRevision`, where it is given. */
  readonly anchor: (
    principal: Principal,
    id: DocumentId,
    range: AskedRange,
    baseRevision: number | undefined,
  ) => Promise<AnchoredText>;
  readonly find: (
    principal: Principal,
    id: DocumentId,
    anchors: readonly Anchor[],
  ) => Promise<Found>;
};

/** Who wrote what of a document that stood there at one revision. */
export type DocumentBlameAsOf = {
  readonly id: DocumentId;
  readonly revision: number;
  readonly recordedAt: string;
  readonly sections: readonly SectionBlame[];
};

/** With the edits of others that it met. */
export type TimelineEntry = TimelineItem & { readonly conflicts: readonly ToldConflict[] };

/** What the document routes need. Reads throw `Rejected` where the principal may not look. */
export type DocumentDeps = {
  readonly handle: Handle<DocumentId, DocumentCommand>;
  /** Edits, read against `baseRevision` when it is given and carried forward from there. */
  readonly edit: (
    id: DocumentId,
    what: {
      readonly edits: readonly Edit[];
      readonly baseRevision?: number | undefined;
      readonly group?: string | undefined;
      /** No request can choose it. */
      readonly origin?: Origin;
    },
    meta: CommandMeta,
  ) => Promise<Written>;
  /** Answers also which group it was, where the command did not say. */
  readonly undo: (
    id: DocumentId,
    command: UndoGroup | RedoGroup,
    meta: CommandMeta,
  ) => Promise<Written & { readonly group: string }>;
  readonly restore: (id: DocumentId, at: At, meta: CommandMeta) => Promise<Written>;
  readonly read: (principal: Principal, id: DocumentId, at?: At) => Promise<DocumentAsOf>;
  /** Without `to`, up to the newest. `to` may be the older one. */
  readonly diff: (
    principal: Principal,
    id: DocumentId,
    from: At,
    to?: At,
  ) => Promise<DocumentDiffAsOf>;
  readonly blame: (principal: Principal, id: DocumentId, at?: At) => Promise<DocumentBlameAsOf>;
  /** Begins a branch where the document stands, or stood, and answers its id. */
  readonly branch: (
    id: DocumentId,
    branching: { readonly at?: At | undefined; readonly title?: string | undefined },
    meta: CommandMeta,
  ) => Promise<Written & { readonly id: DocumentId }>;
  readonly branches: (
    principal: Principal,
    id: DocumentId,
    query: PageQuery,
  ) => Promise<Page<DocumentListItem>>;
  readonly merge: (
    id: DocumentId,
    branch: DocumentId,
    meta: CommandMeta,
  ) => Promise<Written & { readonly overlaps: readonly Overlap[] }>;
  readonly list: (
    principal: Principal,
    query: DocumentListQuery,
  ) => Promise<Page<DocumentListItem>>;
  /** Newest first. */
  readonly timeline: (
    principal: Principal,
    id: DocumentId,
    query: TimelineQuery,
  ) => Promise<Page<TimelineEntry>>;
};
