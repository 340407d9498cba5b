import { z } from 'zod';
import {
  type EventDefinitions,
  type EventOf,
  bytes,
  defineEvent,
  documentSubject,
} from '#domain/event.ts';
import { DocumentId, GroupId, MemberId, SectionId, SuggestionId } from '#domain/ids.ts';
import { newElements } from './new-elements.ts';

// Stored for ever: add fields, never rename or remove them. Who and when are in the header.

export const accessLevels = ['viewer', 'commenter', 'editor', 'owner'] as const;
export type AccessLevel = (typeof accessLevels)[number];

const level = z.enum(accessLevels);

/** Who may do what with one document, beside what their roles in the tenant allow. */
export const AccessList = z.object({
  members: z.record(MemberId, level),
  groups: z.record(GroupId, level),
  everyone: level.optional(),
});
export type AccessList = z.infer<typeof AccessList>;

/** `person`, `import`, `restore`, `merge` or `ai:<generation>`; set by the server only. */
export const Origin = z
  .templateLiteral([z.enum(['person', 'import', 'restore', 'merge'])])
  .or(z.templateLiteral(['ai:', z.string()]));
export type Origin = z.infer<typeof Origin>;

/** What was taken of a suggestion: all of it, these parts, or `text` instead. */
const takenChoice = {
  parts: z.array(z.int().nonnegative()).optional(),
  text: z.string().optional(),
};
export type TakenChoice = z.infer<z.ZodObject<typeof takenChoice>>;

/**
 * Text that moved into a section of its own: from here on, position `at + n` of `from` is position
 * `n` of `to` (0 ≤ n < `length`). Positions are those after the earlier cuts of the same event.
 */
export const Cut = z.object({
  /** Index in `changes`. The change holds cuts and nothing else. */
  change: z.int().nonnegative(),
  from: SectionId,
  at: z.int().nonnegative(),
  length: z.int().nonnegative(),
  to: SectionId,
  /** The document's heads around the change, so that older offsets can be carried across. */
  before: z.array(bytes()),
  after: z.array(bytes()),
});
export type Cut = z.infer<typeof Cut>;

/**
 * What a merge says of the changes that it brings from a branch, and of those of its own by which
 * the document becomes what both sides made of it: they come last.
 */
export const Merged = z.object({
  branch: DocumentId,
  /** The branch's: everything up to it is merged. */
  revision: z.int().nonnegative(),
  /** How many of the document's changes the branch began with. */
  began: z.int().nonnegative(),
  /** How many of this event's changes are the branch's. */
  carried: z.int().nonnegative(),
  /**
   * Whose the changes are, one run after the other. `edit` counts, `gone` was taken back in the
   * branch, in `moved` text only moves, `revived` is the server's for undo. Which of the others
   * bring characters back, as a restore does, the event's own `revived` says.
   */
  runs: z.array(
    z.object({
      count: z.int().positive(),
      author: MemberId,
      origin: Origin,
      as: z.enum(['edit', 'gone', 'moved', 'revived']),
    }),
  ),
  /** Changes of earlier merges that the branch has undone or redone since; `seq` counts from 1. */
  reversed: z
    .array(
      z.object({
        actor: bytes(),
        seq: z.int().positive(),
        count: z.int().positive(),
        counts: z.boolean(),
      }),
    )
    .optional(),
});
export type Merged = z.infer<typeof Merged>;

/** What all events that change a document's content hold. */
const content = {
  /** Automerge changes, each a chunk of type 1, in the order in which they apply. */
  changes: z.array(bytes()),
  /** Also in the header; here so that the fold knows who it was, and when (seconds since 1970). */
  author: MemberId,
  at: z.int().nonnegative().optional(),
  /** UTF-16 units that readers see come and go; text that only moved is not counted. */
  size: z.object({ inserted: z.int().nonnegative(), deleted: z.int().nonnegative() }),
  /** Sections whose text, place or presence changed. */
  sections: z.array(SectionId),
  /** The title from here on, where it changed: a list of titles need not open the changes. */
  title: z.string().optional(),
};

/**
 * What the server wrote so that the document is what its groups in effect make of it: a character
 * that comes back is a new element right behind the one that it was.
 */
const settled = { ...content, moves: newElements.moves };

const sealed = <Schema extends z.ZodType>(schema: Schema) =>
  defineEvent({ kind: 'document', version: 1, schema, subject: documentSubject });

export const documentEvents = {
  DocumentCreated: sealed(
    z.object({
      title: z.string(),
      /**
       * What the ids of the server's Automerge actors are derived from. Every stream has its own,
       * so that a branch and its document never write as the same actor and can be merged.
       */
      actorSeed: z.uuid(),
      access: AccessList,
      folder: z.string().optional(),
      /** The document that it begins as, and where in it. */
      branchOf: z.object({ document: DocumentId, revision: z.int().nonnegative() }).optional(),
    }),
  ),
  /** What a branch begins with: bytes that one event, or all of them together, hold. */
  ContentInherited: sealed(
    z.object({
      part: bytes(),
      /** With the last part: all sections there are, the deleted ones included. */
      sections: z.array(SectionId).optional(),
    }),
  ),
  ChangesApplied: sealed(
    z.object({
      ...content,
      /** What undo takes back at once. A command's events share it. */
      group: z.uuid(),
      origin: Origin,
      cuts: z.array(Cut).optional(),
      /** Made by a live client, so that their hashes tell a repeat. */
      live: z.literal(true).optional(),
      /** The revision that a restore brought back. */
      restored: z.int().nonnegative().optional(),
      ...newElements,
      merged: Merged.optional(),
      /**
       * Of edits that were read against an older revision: how many of the document's changes
       * there were, so that it is known what their author did not see. Absent: all of them.
       */
      seen: z.int().nonnegative().optional(),
      /** The suggestion that was accepted; its own stream may not say so yet. */
      suggestion: z.object({ suggestion: SuggestionId, ...takenChoice }).optional(),
    }),
  ),
  /** `group` is out of effect, or in effect again. A command's events share it. */
  ChangesUndone: sealed(z.object({ ...settled, group: z.uuid() })),
  ChangesRedone: sealed(z.object({ ...settled, group: z.uuid() })),
  /** What was accepted touched elements whose characters are other elements by now. */
  ChangesReconciled: sealed(z.object(settled)),
  DocumentArchived: sealed(z.object({})),
  DocumentUnarchived: sealed(z.object({})),
  DocumentAccessChanged: sealed(z.object({ access: AccessList })),
  /** `folder` null: in no folder. `order` sorts the documents of a folder, before their ids. */
  DocumentFiled: sealed(z.object({ folder: z.string().nullable(), order: z.string().optional() })),
  VersionNamed: sealed(z.object({ name: z.string(), revision: z.int().nonnegative() })),
  VersionNameRemoved: sealed(z.object({ name: z.string() })),
} satisfies EventDefinitions;

export type DocumentEvent = EventOf<typeof documentEvents>;
export type ChangesApplied = Extract<DocumentEvent, { type: 'ChangesApplied' }>['data'];
export type ContentInherited = Extract<DocumentEvent, { type: 'ContentInherited' }>['data'];

/** Whether there is anything to take back: a cut adds and drops no character. */
export const isEdit = ({ changes, cuts = [] }: ChangesApplied): boolean =>
  new Set(cuts.map(({ change }) => change)).size < changes.length;

/** The events that change a document's content. */
export const contentEvents = [
  'ChangesApplied',
  'ChangesUndone',
  'ChangesRedone',
  'ChangesReconciled',
] as const;
export type ContentEvent = Extract<DocumentEvent, { type: (typeof contentEvents)[number] }>;
/** The events that the server wrote for undo. */
export type SettledEvent = Exclude<ContentEvent, { type: 'ChangesApplied' }>;
