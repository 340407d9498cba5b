import { z } from 'zod';
import { Anchor } from '#domain/anchor.ts';
import { Origin } from '#domain/document/events.ts';
import { type EventDefinitions, type EventOf, defineEvent } from '#domain/event.ts';
import { DocumentId, MemberId } from '#domain/ids.ts';

// Stored for ever: add fields, never rename or remove them. When is in the header. Sealed by the
// key of the document, which therefore each of them names.

const sealed = <Shape extends z.ZodRawShape>(shape: Shape) =>
  defineEvent({
    kind: 'suggestion',
    version: 1,
    schema: z.object({ document: DocumentId, ...shape }),
    subject: (_, data) => `document:${(data as { document: DocumentId }).document}`,
  });

/** The revision of the document from which on it holds what was taken. */
const revision = z.int().nonnegative();

export const suggestionEvents = {
  SuggestionMade: sealed({
    /** Also in the header; here so that the fold knows who it was. */
    author: MemberId,
    anchor: Anchor,
    /** What is to be replaced, as it was then. */
    quoted: z.string(),
    replacement: z.string(),
    note: z.string().optional(),
    /** `person` or `ai:<generation>`; set by the server only. */
    origin: Origin,
  }),
  SuggestionAccepted: sealed({
    revision,
    extent: z.enum(['whole', 'part']),
    /** Which differences, counted from 0, where not all were. */
    parts: z.array(z.int().nonnegative()).optional(),
    /** What the quoted text becomes by it. */
    text: z.string(),
  }),
  /** Somebody took a text of their own instead. */
  SuggestionEdited: sealed({ revision, text: z.string() }),
  SuggestionRejected: sealed({ reason: z.string().optional() }),
} satisfies EventDefinitions;

export type SuggestionEvent = EventOf<typeof suggestionEvents>;
