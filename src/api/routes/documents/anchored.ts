import { z } from 'zod';
import { MOST_ANCHORED } from '#domain/anchor.ts';
import { DocumentId, MemberId, SectionId } from '#domain/ids.ts';

// What comments and suggestions have in common on their way in and out.

export const OnDocument = z.strictObject({ id: DocumentId });

/** The text that something is said about. */
export const range = {
  section: SectionId.optional(),
  at: z
    .int()
    .nonnegative()
    .describe('UTF-16 code units; without `section` they count over the whole Markdown.'),
  count: z.int().positive().max(MOST_ANCHORED),
  baseRevision: z
    .int()
    .nonnegative()
    .optional()
    .describe('The revision whose offsets these are. Default: the newest.'),
};

/** Where the text of an item is, and who made it when. */
export const placedItem = {
  author: MemberId,
  revision: z.int(),
  createdAt: z.string(),
  quoted: z.string().describe('What the text said when this was made.'),
  ranges: z
    .array(z.object({ section: SectionId, at: z.int(), count: z.int() }))
    .readonly()
    .describe(
      'Where the text is in `documentRevision`: one range for each section that holds some of it. Of an orphan the empty place where it was.',
    ),
  orphaned: z.boolean().describe('The text is gone. It comes back when its deletion is undone.'),
};
