import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import { Changed, answerWritten } from '#api/routes/answer-written.ts';
import type { SuggestionDeps } from '#api/suggestions.ts';
import { MOST_ANCHORED } from '#domain/anchor.ts';
import { hunksOf } from '#domain/document/anchor/hunks.ts';
import { MemberId, SuggestionId } from '#domain/ids.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import { suggestionOutcomes } from '#projections/document-suggestions.ts';
import { OnDocument, placedItem, range } from './anchored.ts';

const MOST_NOTE_CHARACTERS = 2_000;
const MOST_PARTS = 10_000;

const tags = ['suggestions'];
const OnSuggestion = OnDocument.extend({ suggestionId: SuggestionId });
const After = z.tuple([z.iso.datetime(), SuggestionId]);
const replacement = z.string().max(MOST_ANCHORED);
const outcome = z
  .enum(suggestionOutcomes)
  .describe('whole, part and edited: it was accepted, so far.');
const origin = z.string().describe('person or ai:<generation>.');

const SuggestionShown = z.object({
  id: SuggestionId,
  ...placedItem,
  replacement: z.string(),
  parts: z
    .array(z.object({ at: z.int(), removed: z.string(), inserted: z.string() }))
    .readonly()
    .describe('The differences, each of which can be accepted by its index; `at` is of `quoted`.'),
  note: z.string().nullable(),
  origin,
  outcome,
  reason: z.string().nullable(),
  settledBy: MemberId.nullable(),
  takenAt: z.int().nullable().describe('The revision of the document with what was accepted.'),
  takenText: z.string().nullable().describe('What `quoted` became by it.'),
});

const Choice = z
  .strictObject({
    parts: z
      .array(z.int().nonnegative())
      .min(1)
      .max(MOST_PARTS)
      .optional()
      .describe('Indexes in `parts`. Default: all of them.'),
    text: replacement.optional().describe('A text of one’s own instead of the replacement.'),
  })
  .refine(({ parts, text }) => parts === undefined || text === undefined, 'parts or text');

export const documentSuggestions =
  ({ make, accept, reject, list, outcomes }: SuggestionDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const suggest = { audience: 'tenant', action: 'document.comment' } as const;
    const read = {
      audience: 'tenant',
      action: 'document.read',
      views: ['document_suggestions'],
    } as const;
    const all = '/v1/documents/:id/suggestions';
    const one = `${all}/:suggestionId`;

    app.get(
      all,
      {
        config: read,
        schema: {
          tags,
          summary: 'What is suggested instead of texts of the document, oldest first',
          params: OnDocument,
          querystring: z.strictObject({
            ...pageQuery,
            open: z.enum(['true', 'false']).optional().describe('Default: all of them.'),
          }),
          response: { 200: pageOf(SuggestionShown).extend({ documentRevision: z.int() }) },
        },
      },
      async ({ principal, params, query: { cursor, limit, open } }) => {
        const page = await list(principal, params.id, {
          after: cursorFrom(After, cursor),
          limit,
          ...(open !== undefined && { open: open === 'true' }),
        });
        const items = page.items.map((item) => ({
          ...item,
          parts: hunksOf(item.quoted, item.replacement),
        }));
        return { documentRevision: page.documentRevision, ...paged({ ...page, items }) };
      },
    );

    app.get(
      `${all}/outcomes`,
      {
        config: read,
        schema: {
          tags,
          summary: 'How many suggestions of each origin came to what',
          params: OnDocument,
          querystring: z.strictObject({}),
          response: {
            200: z.object({
              items: z.array(z.object({ origin, outcome, count: z.int() })).readonly(),
            }),
          },
        },
      },
      async ({ principal, params }) => ({ items: await outcomes(principal, params.id) }),
    );

    app.post(
      all,
      {
        config: suggest,
        schema: {
          tags,
          summary: 'Suggest another text instead of one of the document',
          params: OnDocument,
          body: z.strictObject({
            ...range,
            replacement,
            note: z.string().min(1).max(MOST_NOTE_CHARACTERS).optional(),
          }),
          response: { 201: Changed },
        },
      },
      async (request, reply) => {
        const document = request.params.id;
        const { replacement, note, baseRevision, ...range } = request.body;
        const asked = { range, baseRevision, replacement, note };
        const { id, written } = await make(document, asked, metaOf(request));
        return answerWritten(reply, id, written, `/v1/documents/${document}/suggestions/${id}`);
      },
    );

    app.post(
      `${one}/accept`,
      {
        config: { audience: 'tenant', action: 'document.edit' },
        schema: {
          tags,
          summary: 'Take a suggestion into the document: all of it, some parts, or edited',
          description:
            'Merged word by word with what was written since; refused where the words are gone.',
          params: OnSuggestion,
          body: Choice.nullish(),
          response: {
            200: Changed.extend({
              documentRevision: z.int(),
              outcome: z.enum(['whole', 'part', 'edited']),
            }),
          },
        },
      },
      async (request, reply) => {
        const { id, suggestionId } = request.params;
        const choice = withoutUndefined(request.body ?? {});
        const { written, taken } = await accept(id, suggestionId, choice, metaOf(request));
        return replyWritten(reply, written).send({
          id: suggestionId,
          revision: written.revision,
          documentRevision: taken.revision,
          outcome: taken.extent,
        });
      },
    );

    app.post(
      `${one}/reject`,
      {
        config: suggest,
        schema: {
          tags,
          summary: 'Reject a suggestion: its author may, and who may edit the document',
          params: OnSuggestion,
          body: z
            .strictObject({ reason: z.string().min(1).max(MOST_NOTE_CHARACTERS).optional() })
            .nullish(),
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id, suggestionId } = request.params;
        const reason = request.body?.reason;
        const written = await reject(id, suggestionId, reason, metaOf(request));
        return answerWritten(reply, suggestionId, written);
      },
    );
  };
