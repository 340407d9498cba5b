import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { CommentDeps } from '#api/comments.ts';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import { metaOf } from '#api/requests.ts';
import { Changed, answerWritten } from '#api/routes/answer-written.ts';
import { CommentId, MemberId } from '#domain/ids.ts';
import { OnDocument, placedItem, range } from './anchored.ts';

const MOST_CHARACTERS = 10_000;

const tags = ['comments'];
const OnComment = OnDocument.extend({ commentId: CommentId });
const After = z.tuple([z.iso.datetime(), CommentId]);
const text = z.string().min(1).max(MOST_CHARACTERS);

const CommentShown = z.object({
  id: CommentId,
  ...placedItem,
  text: z.string(),
  replies: z
    .array(z.object({ id: z.string(), author: MemberId, text: z.string(), createdAt: z.string() }))
    .readonly(),
  resolvedBy: MemberId.nullable(),
});

export const documentComments =
  ({ make, change, remove, list }: CommentDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const config = { audience: 'tenant', action: 'document.comment' } as const;
    const all = '/v1/documents/:id/comments';
    const one = `${all}/:commentId`;

    app.get(
      all,
      {
        config: { audience: 'tenant', action: 'document.read', views: ['document_comments'] },
        schema: {
          tags,
          summary: 'What people say about the document, oldest first',
          params: OnDocument,
          querystring: z.strictObject({
            ...pageQuery,
            resolved: z.enum(['true', 'false']).optional().describe('Default: all of them.'),
          }),
          response: { 200: pageOf(CommentShown).extend({ documentRevision: z.int() }) },
        },
      },
      async ({ principal, params, query: { cursor, limit, resolved } }) => {
        const page = await list(principal, params.id, {
          after: cursorFrom(After, cursor),
          limit,
          ...(resolved !== undefined && { resolved: resolved === 'true' }),
        });
        return { documentRevision: page.documentRevision, ...paged(page) };
      },
    );

    app.post(
      all,
      {
        config,
        schema: {
          tags,
          summary: 'Say something about a text of the document',
          params: OnDocument,
          body: z.strictObject({ ...range, text }),
          response: { 201: Changed },
        },
      },
      async (request, reply) => {
        const document = request.params.id;
        const { text, baseRevision, ...range } = request.body;
        const asked = { range, baseRevision, text };
        const { id, written } = await make(document, asked, metaOf(request));
        return answerWritten(reply, id, written, `/v1/documents/${document}/comments/${id}`);
      },
    );

    app.post(
      `${one}/replies`,
      {
        config,
        schema: {
          tags,
          summary: 'Answer a comment',
          params: OnComment,
          body: z.strictObject({ text }),
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id, commentId } = request.params;
        const command = { type: 'ReplyToComment', ...request.body } as const;
        const written = await change(id, commentId, command, metaOf(request));
        return answerWritten(reply, commentId, written);
      },
    );

    for (const [verb, type, summary] of [
      ['resolve', 'ResolveComment', 'Say that a comment is dealt with'],
      ['reopen', 'ReopenComment', 'Say that a comment is not dealt with'],
    ] as const) {
      app.post(
        `${one}/${verb}`,
        {
          config,
          schema: {
            tags,
            summary,
            params: OnComment,
            body: z.strictObject({}).nullish(),
            response: { 200: Changed },
          },
        },
        async (request, reply) => {
          const { id, commentId } = request.params;
          const written = await change(id, commentId, { type }, metaOf(request));
          return answerWritten(reply, commentId, written);
        },
      );
    }

    app.delete(
      one,
      {
        config,
        schema: {
          tags,
          summary: 'Remove a comment: its author may, and an owner of the document',
          params: OnComment,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id, commentId } = request.params;
        const written = await remove(id, commentId, metaOf(request));
        return answerWritten(reply, commentId, written);
      },
    );
  };
