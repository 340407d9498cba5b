import { z } from 'zod';
import { Anchor } from '#domain/anchor.ts';
import { type EventDefinitions, type EventOf, defineEvent } from '#domain/event.ts';
import { DocumentId, MemberId } from '#domain/ids.ts';

// Stored for ever: add fields, never rename or remove them. When is in the header. Sealed by the
// key of the document, which therefore each of them names: what is said about a text goes with it.

const sealed = <Shape extends z.ZodRawShape>(shape: Shape) =>
  defineEvent({
    kind: 'comment',
    version: 1,
    schema: z.object({ document: DocumentId, ...shape }),
    subject: (_, data) => `document:${(data as { document: DocumentId }).document}`,
  });

export const commentEvents = {
  CommentMade: sealed({
    /** Also in the header; here so that the fold knows who it was. */
    author: MemberId,
    anchor: Anchor,
    /** What the anchored text said then: it is shown when the text is gone. */
    quoted: z.string(),
    text: z.string(),
  }),
  CommentReplied: sealed({ reply: z.uuid(), text: z.string() }),
  CommentResolved: sealed({}),
  CommentReopened: sealed({}),
  CommentRemoved: sealed({}),
} satisfies EventDefinitions;

export type CommentEvent = EventOf<typeof commentEvents>;
