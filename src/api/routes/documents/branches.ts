import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import type { DocumentDeps } from '#api/document-deps.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import { answerWritten } from '#api/routes/answer-written.ts';
import { DocumentId, SectionId } from '#domain/ids.ts';
import { AtText } from './at.ts';
import { Changed, DocumentListed, DocumentParams, title } from './shapes.ts';

const tags = ['documents'];
const Branching = z.strictObject({
  at: AtText.optional().describe('Where it begins. Default: the newest.'),
  title: title.optional().describe('A name of its own, which a merge leaves alone.'),
});

const sides = {
  base: z.string().describe('What was there before both.'),
  document: z.string(),
  branch: z.string(),
  merged: z.string().describe('What is there now.'),
};
const Overlap = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('title'), ...sides }),
  z.object({ kind: z.literal('text'), section: SectionId, ...sides }),
  z.object({
    kind: z.literal('section'),
    section: SectionId,
    deletedBy: z.enum(['document', 'branch']),
    text: z.string().describe('What the other side made of it.'),
  }),
]);
const Merged = Changed.extend({
  overlaps: z.array(Overlap).readonly().describe('What both sides changed since the last merge.'),
});

/** The branches of documents have the documents' times in their cursors. */
const After = z.tuple([z.iso.datetime(), DocumentId]);

export const documentBranchRoutes =
  ({
    branch,
    branches,
    merge,
  }: Pick<DocumentDeps, 'branch' | 'branches' | 'merge'>): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/documents/:id/branches',
      {
        config: { audience: 'tenant', action: 'document.edit' },
        schema: {
          tags,
          summary: 'Begin a branch: a document that goes on from there by itself',
          params: DocumentParams,
          body: Branching,
          response: { 201: Changed },
        },
      },
      async (request, reply) => {
        const { id, ...written } = await branch(request.params.id, request.body, metaOf(request));
        return answerWritten(reply, id, written, `/v1/documents/${id}`);
      },
    );

    app.get(
      '/v1/documents/:id/branches',
      {
        config: { audience: 'tenant', action: 'document.read', views: ['document_list'] },
        schema: {
          tags,
          summary: 'The branches that the caller may read, newest first',
          params: DocumentParams,
          querystring: z.strictObject(pageQuery),
          response: { 200: pageOf(DocumentListed) },
        },
      },
      async ({ principal, params, query: { cursor, limit } }) => {
        const after = cursorFrom(After, cursor);
        return paged(await branches(principal, params.id, { limit, ...(after && { after }) }));
      },
    );

    app.post(
      '/v1/documents/:id/branches/:branchId/merge',
      {
        config: { audience: 'tenant', action: 'document.edit' },
        schema: {
          tags,
          summary: 'Merge a branch: bring what it has that the document has not',
          params: DocumentParams.extend({ branchId: DocumentId }),
          body: z.strictObject({}).nullish(),
          response: { 200: Merged },
        },
      },
      async (request, reply) => {
        const { id, branchId } = request.params;
        const { overlaps, ...written } = await merge(id, branchId, metaOf(request));
        return replyWritten(reply, written).send({ id, revision: written.revision, overlaps });
      },
    );
  };
