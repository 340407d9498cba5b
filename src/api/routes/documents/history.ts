import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cursorFrom, pageOf, pageQuery, paged } from '#api/cursor.ts';
import type { DocumentDeps } from '#api/document-deps.ts';
import { notModified } from '#api/etag.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import { AtText } from './at.ts';
import { DiffShown, DocumentParams, TimelineEntry, Version, versionName } from './shapes.ts';

const tags = ['documents'];
const After = z.tuple([z.int().nonnegative()]);

/** What happened to a document, and the names its revisions have. */
export const documentHistory =
  ({ handle, read, diff, timeline }: DocumentDeps): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/documents/:id/timeline',
      {
        config: {
          audience: 'tenant',
          action: 'document.read',
          views: ['document_timeline', 'document_conflicts'],
        },
        schema: {
          tags,
          summary: 'Who changed what and when, newest first',
          params: DocumentParams,
          querystring: z.strictObject({
            ...pageQuery,
            conflicts: z
              .enum(['true', 'false'])
              .optional()
              .describe('true: only edits that met others, neither author having seen the other.'),
          }),
          response: { 200: pageOf(TimelineEntry) },
        },
      },
      async ({ principal, params, query }) => {
        const after = cursorFrom(After, query.cursor);
        const { limit, conflicts } = query;
        const page = await timeline(principal, params.id, {
          limit,
          ...(after && { after }),
          conflicts: conflicts === 'true',
        });
        return paged(page);
      },
    );

    app.get(
      '/v1/documents/:id/diff',
      {
        config: { audience: 'tenant', action: 'document.read' },
        schema: {
          tags,
          summary: 'What became of a document between two points, section by section',
          params: DocumentParams,
          querystring: z.strictObject({
            from: AtText,
            to: AtText.optional().describe('Default: the newest.'),
          }),
          response: { 200: DiffShown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const { from, to } = request.query;
        const found = await diff(request.principal, request.params.id, from, to);
        reply.header('vary', 'Authorization').header('cache-control', 'private, no-cache');
        const revisions = `${found.from.revision}-${found.to.revision}`;
        if (notModified(request, reply, revisions)) return reply.code(304).send();
        return reply.send(found);
      },
    );

    app.get(
      '/v1/documents/:id/versions',
      {
        config: { audience: 'tenant', action: 'document.read' },
        schema: {
          tags,
          summary: 'The revisions that have a name',
          params: DocumentParams,
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(Version) }) },
        },
      },
      async ({ principal, params }) => {
        const { versions } = await read(principal, params.id);
        return { items: [...versions].map(([name, revision]) => ({ name, revision })) };
      },
    );

    app.post(
      '/v1/documents/:id/versions',
      {
        config: { audience: 'tenant', action: 'document.version' },
        schema: {
          tags,
          summary: 'Name a revision (default: the newest)',
          params: DocumentParams,
          body: z.strictObject({ name: versionName, revision: z.int().nonnegative().optional() }),
          response: { 201: Version },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const { name, revision } = request.body;
        const command = {
          type: 'NameVersion',
          name,
          ...(revision !== undefined && { revision }),
        } as const;
        const written = await handle(id, command, metaOf(request));
        const { versions } = await read(request.principal, id);
        return replyWritten(reply, written)
          .code(201)
          .send({ name, revision: versions.get(name) ?? revision ?? written.revision });
      },
    );

    app.delete(
      '/v1/documents/:id/versions/:name',
      {
        config: { audience: 'tenant', action: 'document.version' },
        schema: {
          tags,
          summary: 'Take a name off its revision; the revision stays',
          params: DocumentParams.extend({ name: versionName }),
          response: { 204: z.undefined() },
        },
      },
      async (request, reply) => {
        const { id, name } = request.params;
        const written = await handle(id, { type: 'RemoveVersionName', name }, metaOf(request));
        return replyWritten(reply, written).code(204).send();
      },
    );
  };
