import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { DocumentBlameAsOf, DocumentDeps } from '#api/document-deps.ts';
import { notModified } from '#api/etag.ts';
import { DocumentId, MemberId, SectionId } from '#domain/ids.ts';
import { AtText } from './at.ts';
import { DocumentParams } from './shapes.ts';

const Run = z.object({
  text: z.string(),
  author: MemberId,
  at: z.string().describe('When the author wrote it, to the second.'),
  origin: z.string().describe('person, import, restore, merge or ai:<generation>.'),
  group: z.string().optional().describe('Undone with it, as long as undo reaches it.'),
});

const BlameShown = z.object({
  id: DocumentId,
  revision: z.int(),
  recordedAt: z.string().describe('When this revision was recorded.'),
  sections: z
    .array(z.object({ id: SectionId, runs: z.array(Run) }))
    .describe('In order. The texts of all runs, one after the other, are the Markdown.'),
});

export const blameDocuments =
  ({ blame }: Pick<DocumentDeps, 'blame'>): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/documents/:id/blame',
      {
        config: { audience: 'tenant', action: 'document.read' },
        schema: {
          tags: ['documents'],
          summary: 'Who wrote which part of a document, when and how',
          params: DocumentParams,
          querystring: z.strictObject({ at: AtText.optional() }),
          response: { 200: BlameShown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const found = await blame(request.principal, request.params.id, request.query.at);
        reply.header('vary', 'Authorization').header('cache-control', 'private, no-cache');
        if (notModified(request, reply, `blame-${found.revision}`)) return reply.code(304).send();
        return reply.send(shown(found));
      },
    );
  };

const shown = ({ sections, ...when }: DocumentBlameAsOf): z.infer<typeof BlameShown> => ({
  ...when,
  sections: sections.map(({ id, runs }) => ({
    id,
    runs: runs.map(({ at, ...run }) => ({ ...run, at: instantOf(at, when) })),
  })),
});

/** What a client says of the time is no later than that we know of it. */
const instantOf = (seconds: number, { recordedAt }: { readonly recordedAt: string }): string =>
  new Date(Math.min(seconds * 1_000, Date.parse(recordedAt))).toISOString();
