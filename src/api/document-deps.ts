import type { DocumentCommand, RedoGroup, UndoGroup } from '#domain/document/commands.ts';
import type { SectionText } from '#domain/document/content.ts';
import type { DocumentDiff } from '#domain/document/diff.ts';
import type { Edit } from '#domain/document/edits.ts';
import type { AccessList } from '#domain/document/events.ts';
import type { DocumentId } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';
import type { DocumentListItem, DocumentListQuery } from '#projections/document-list.ts';
import type { TimelineItem } from '#projections/document-timeline.ts';
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
  readonly list: (
    principal: Principal,
    query: DocumentListQuery,
  ) => Promise<Page<DocumentListItem>>;
  /** Newest first. */
  readonly timeline: (
    principal: Principal,
    id: DocumentId,
    query: PageQuery,
  ) => Promise<Page<TimelineItem>>;
};
