import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { DocumentDeps } from '#api/document-deps.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import { type DocumentId, derivedUuid } from '#domain/ids.ts';
import { Created, folder, title } from './shapes.ts';

const Body = z.strictObject({
  title,
  markdown: z.string().optional().describe('Cut into sections at its headings.'),
  folder: folder.optional(),
});

export const createDocument =
  ({ handle, read }: Pick<DocumentDeps, 'handle' | 'read'>): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/documents',
      {
        config: { audience: 'tenant', action: 'document.create' },
        schema: {
          tags: ['documents'],
          summary: 'Create a document',
          body: Body,
          response: { 201: Created },
        },
      },
      async (request, reply) => {
        const { title, markdown, folder } = request.body;
        const meta = metaOf(request);
        // From the command's id, so that its repeat meets the same document.
        const id = derivedUuid('document', meta.commandId) as DocumentId;
        const written = await handle(
          id,
          {
            type: 'CreateDocument',
            title,
            ...(markdown !== undefined && { markdown }),
            ...(folder !== undefined && { folder }),
          },
          meta,
        );
        const { revision, sections } = await read(request.principal, id, {
          revision: written.revision,
        });
        return replyWritten(reply, written)
          .code(201)
          .header('location', `/v1/documents/${id}`)
          .send({
            id,
            revision,
            sections: sections.map(({ id, text }) => ({ id, length: text.length })),
          });
      },
    );
  };
