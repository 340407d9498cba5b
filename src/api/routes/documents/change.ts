import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { DocumentDeps } from '#api/document-deps.ts';
import { Problem } from '#api/problem.ts';
import { metaOf } from '#api/requests.ts';
import { answerWritten } from '#api/routes/answer-written.ts';
import type { DocumentCommand } from '#domain/document/commands.ts';
import { Edit } from '#domain/document/edits.ts';
import { MOST_EDITS } from '#domain/document/limits.ts';
import { AtText } from './at.ts';
import { Access, AccessSent, Changed, DocumentParams, folder, group, title } from './shapes.ts';

const tags = ['documents'];
const Edits = z.strictObject({
  edits: z.array(Edit).min(1).max(MOST_EDITS),
  baseRevision: z
    .int()
    .nonnegative()
    .optional()
    .describe('The revision whose offsets the edits use; they are carried forward from there.'),
  group: group
    .optional()
    .describe(
      'What the edits are taken back with: those of your last requests that gave the same. Where that is not your newest group in effect, they are a group of their own.',
    ),
});
const Patch = z
  .strictObject({ title: title.optional(), folder: folder.nullable().optional() })
  .refine(({ title, folder }) => title !== undefined || folder !== undefined, 'title or folder');

const patchOf = ({ title, folder }: z.infer<typeof Patch>): DocumentCommand =>
  folder === undefined
    ? { type: 'EditDocument', edits: [{ type: 'setTitle', title: title ?? '' }] }
    : { type: 'FileDocument', folder, ...(title !== undefined && { title }) };

export const changeDocuments =
  ({ handle, edit, restore, read }: DocumentDeps): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/documents/:id/edits',
      {
        config: { audience: 'tenant', action: 'document.edit' },
        schema: {
          tags,
          summary: 'Edit a document',
          description:
            'Offsets are UTF-16 code units; without `section` they count over the whole Markdown. `If-Match` insists on a revision (412), `baseRevision` merges.',
          params: DocumentParams,
          body: Edits,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { baseRevision } = request.body;
        const meta = metaOf(request);
        if (meta.expectedRevision !== undefined && baseRevision !== undefined) {
          throw new Problem('request/two-preconditions');
        }
        const { id } = request.params;
        const written = await edit(id, request.body, meta);
        return answerWritten(reply, id, written);
      },
    );

    app.patch(
      '/v1/documents/:id',
      {
        config: { audience: 'tenant', action: 'document.edit' },
        schema: {
          tags,
          summary: 'Rename a document, or put it into a folder (null: into none)',
          params: DocumentParams,
          body: Patch,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const written = await handle(id, patchOf(request.body), metaOf(request));
        return answerWritten(reply, id, written);
      },
    );

    for (const [verb, type, summary] of [
      ['archive', 'ArchiveDocument', 'Archive a document: it can be read and no longer changed'],
      ['unarchive', 'UnarchiveDocument', 'Let an archived document change again'],
    ] as const) {
      app.post(
        `/v1/documents/:id/${verb}`,
        {
          config: { audience: 'tenant', action: 'document.manage' },
          schema: {
            tags,
            summary,
            params: DocumentParams,
            body: z.strictObject({}).nullish(),
            response: { 200: Changed },
          },
        },
        async (request, reply) => {
          const { id } = request.params;
          const written = await handle(id, { type }, metaOf(request));
          return answerWritten(reply, id, written);
        },
      );
    }

    app.get(
      '/v1/documents/:id/access',
      {
        config: { audience: 'tenant', action: 'document.read' },
        schema: {
          tags,
          summary: 'Who may do what with the document, beside what their roles allow',
          params: DocumentParams,
          querystring: z.strictObject({}),
          response: { 200: Access },
        },
      },
      async ({ principal, params }) => (await read(principal, params.id)).access,
    );

    app.put(
      '/v1/documents/:id/access',
      {
        config: { audience: 'tenant', action: 'document.manage' },
        schema: {
          tags,
          summary: 'Say who may do what with the document',
          params: DocumentParams,
          body: AccessSent,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const command = { type: 'ChangeAccess', access: request.body } as const;
        const written = await handle(id, command, metaOf(request));
        return answerWritten(reply, id, written);
      },
    );

    app.post(
      '/v1/documents/:id/restore',
      {
        config: { audience: 'tenant', action: 'document.restore' },
        schema: {
          tags,
          summary: 'Make the document read as it once did, as one new edit',
          params: DocumentParams,
          body: z.strictObject({ at: AtText }),
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const written = await restore(id, request.body.at, metaOf(request));
        return answerWritten(reply, id, written);
      },
    );
  };
