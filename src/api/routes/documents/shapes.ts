import { z } from 'zod';
import type { DocumentAsOf } from '#api/document-deps.ts';
import { conflictKinds } from '#domain/document/conflict/conflict.ts';
import { AccessList } from '#domain/document/events.ts';
import { MOST_NAME_CHARACTERS, MOST_TITLE_CHARACTERS } from '#domain/document/limits.ts';
import { DocumentId, MemberId, SectionId } from '#domain/ids.ts';

// What goes in and out of the document routes, and what the documentation says about it.

export const DocumentParams = z.strictObject({ id: DocumentId });

export const title = z.string().min(1).max(MOST_TITLE_CHARACTERS);
export const folder = z.string().min(1).max(MOST_NAME_CHARACTERS);
export const versionName = z.string().min(1).max(MOST_NAME_CHARACTERS);

export const group = z.uuid().toLowerCase();

/** The answer of a write that changes what is there. */
export const Changed = z.object({ id: DocumentId, revision: z.int() });

export const Created = Changed.extend({
  sections: z.array(z.object({ id: SectionId, length: z.int() })),
});

export const DocumentShown = z.object({
  id: DocumentId,
  revision: z.int(),
  recordedAt: z.string().describe('When this revision was recorded.'),
  title: z.string(),
  folder: z.string().nullable(),
  archived: z.boolean(),
  sections: z
    .array(z.object({ id: SectionId, text: z.string() }))
    .describe('In order. Their texts, one after the other, are the Markdown.'),
});

export const DocumentListed = z.object({
  id: DocumentId,
  revision: z.int(),
  title: z.string(),
  folder: z.string().nullable(),
  archived: z.boolean(),
  branchOf: z
    .object({ document: DocumentId, revision: z.int() })
    .nullable()
    .describe('The document that it is a branch of, and where it begins.'),
  createdAt: z.string(),
  updatedAt: z.string(),
});

const OtherEdit = z.object({
  revision: z.int(),
  actor: MemberId,
  type: z.string(),
  group: z.string().nullable(),
});

const TimelineConflict = z.object({
  kind: z
    .enum(conflictKinds)
    .describe(
      'words: both changed the same words. deleted: one deleted what the other wrote in. ' +
        'split, moved: of the section that one wrote in. title: both named the document.',
    ),
  section: SectionId.nullable(),
  with: z.array(OtherEdit).readonly().describe('The edits that it met, newest first.'),
  words: z
    .object({ before: z.string(), mine: z.string(), theirs: z.string() })
    .nullable()
    .describe('What each made of the same words, or title; `theirs` of the newest edit it met.'),
  bringBack: z
    .object({ action: z.enum(['undo', 'redo']), group: z.string() })
    .nullable()
    .describe('What brings back what was deleted, with what was written in it.'),
  more: z.boolean().describe('It met more edits than are told.'),
});

export const TimelineEntry = z.object({
  revision: z.int(),
  recordedAt: z.string(),
  actor: MemberId,
  type: z.string(),
  origin: z.string().nullable().describe('person, import, restore, merge or ai:<generation>.'),
  group: z
    .string()
    .nullable()
    .describe('Edits of one group are taken back together; also that which was undone or redone.'),
  inEffect: z
    .boolean()
    .nullable()
    .describe('Of an edit: false once its group was undone. Null for what is no edit.'),
  inserted: z.int().describe('UTF-16 code units.'),
  deleted: z.int(),
  versionName: z.string().nullable().describe('The name that a revision got or lost.'),
  ofRevision: z.int().nullable().describe('The revision that was named or restored.'),
  erased: z.boolean().describe('The content of this step was erased.'),
  conflicts: z
    .array(TimelineConflict)
    .readonly()
    .describe('Edits before it that it met, neither author having seen the other.'),
});

const Point = z.object({ revision: z.int(), recordedAt: z.string() });

export const DiffShown = z.object({
  from: Point,
  to: Point,
  title: z.object({ from: z.string(), to: z.string() }).optional(),
  sections: z
    .array(
      z.object({
        id: SectionId,
        change: z.enum(['added', 'removed', 'changed', 'moved']),
        isMoved: z.boolean().describe('Beside other changes, it stands somewhere else.'),
        parts: z
          .array(z.object({ kind: z.enum(['same', 'inserted', 'deleted']), text: z.string() }))
          .readonly()
          .describe('Word by word; line by line or as a whole where little is the same.'),
      }),
    )
    .readonly()
    .describe('Those that differ: in the order of `to`, then those that are gone.'),
});

export const Access = AccessList;
/** As it is sent: keys that are not known are refused, not forgotten. */
export const AccessSent = z.strictObject(AccessList.shape);

export const Version = z.object({ name: z.string(), revision: z.int() });

export const shown = (document: DocumentAsOf): z.infer<typeof DocumentShown> => ({
  id: document.id,
  revision: document.revision,
  recordedAt: document.recordedAt,
  title: document.title,
  folder: document.folder,
  archived: document.archived,
  sections: document.sections.map(({ id, text }) => ({ id, text })),
});

export const markdownOf = ({ sections }: DocumentAsOf): string =>
  sections.map(({ text }) => text).join('');
