import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import type { DocumentDeps } from '#api/document-deps.ts';
import { notModified } from '#api/etag.ts';
import { negotiate } from '#api/negotiate.ts';
import { DocumentId } from '#domain/ids.ts';
import { AtText } from './at.ts';
import {
  DocumentListed,
  DocumentParams,
  DocumentShown,
  folder,
  markdownOf,
  shown,
} from './shapes.ts';

const ListQuery = z.strictObject({
  ...pageQuery,
  q: z.string().min(1).max(500).optional().describe('Full-text search in titles and texts.'),
  folder: folder.optional(),
  archived: z.enum(['true', 'false']).default('false'),
});

/** All documents go by the time they were made, those of a folder by their place in it. */
const After = z.tuple([z.iso.datetime(), DocumentId]);
const AfterInFolder = z.tuple([z.string().max(500), DocumentId]);

export const readDocuments =
  ({ read, list }: Pick<DocumentDeps, 'read' | 'list'>): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/documents',
      {
        config: {
          audience: 'tenant',
          action: 'document.read',
          views: ['document_list', 'document_sections'],
        },
        schema: {
          tags: ['documents'],
          summary: 'The documents that the caller may read',
          querystring: ListQuery,
          response: { 200: pageOf(DocumentListed) },
        },
      },
      async ({ principal, query }) => {
        const { cursor, limit, q, folder, archived } = query;
        const after = cursorFrom(folder === undefined ? After : AfterInFolder, cursor);
        const page = await list(principal, {
          limit,
          archived: archived === 'true',
          ...(q !== undefined && { q }),
          ...(folder !== undefined && { folder }),
          ...(after && { after }),
        });
        return paged(page);
      },
    );

    app.get(
      '/v1/documents/:id',
      {
        config: { audience: 'tenant', action: 'document.read' },
        schema: {
          tags: ['documents'],
          summary: 'A document, as it is or as it was',
          params: DocumentParams,
          querystring: z.strictObject({ at: AtText.optional() }),
          response: {
            200: {
              description: 'As JSON with its sections, or as Markdown.',
              content: {
                'application/json': { schema: DocumentShown },
                'text/markdown': { schema: z.string() },
              },
            },
            304: z.undefined().describe('The reader has this revision.'),
          },
        },
      },
      async (request, reply) => {
        const type = negotiate(request.headers.accept, ['application/json', 'text/markdown']);
        const document = await read(request.principal, request.params.id, request.query.at);
        // One address has two forms, and who may read it can change: caches must ask each time.
        reply.header('vary', 'Accept, Authorization').header('cache-control', 'private, no-cache');
        if (notModified(request, reply, document.revision)) return reply.code(304).send();
        reply.header('last-modified', new Date(document.recordedAt).toUTCString());
        if (type === 'application/json') return reply.send(shown(document));
        return reply
          .type('text/markdown; charset=utf-8')
          .serializer((text: string) => text)
          .send(markdownOf(document));
      },
    );
  };
