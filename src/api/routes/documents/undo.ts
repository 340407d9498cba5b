import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { DocumentDeps } from '#api/document-deps.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import { Changed, DocumentParams, group } from './shapes.ts';

const Wanted = z.strictObject({
  scope: z
    .enum(['mine', 'document'])
    .default('mine')
    .describe('Whose edits: the caller’s own, or anybody’s.'),
  group: group.optional().describe('Default: the last one.'),
});
const Settled = Changed.extend({ group: group.describe('What was undone or redone.') });

/** Takes groups of edits back, and brings them into effect again. */
export const undoDocuments =
  ({ undo }: Pick<DocumentDeps, 'undo'>): FastifyPluginAsyncZod =>
  async (app) => {
    for (const [verb, type, summary, description] of [
      [
        'undo',
        'UndoGroup',
        'Take back a group of edits',
        'What others wrote since stays. Without `group`, the newest one in effect.',
      ],
      [
        'redo',
        'RedoGroup',
        'Bring a group of edits that was undone into effect again',
        'Without `group`, the one that was undone last. Whoever edits after an undo has nothing to redo any more.',
      ],
    ] as const) {
      app.post(
        `/v1/documents/:id/${verb}`,
        {
          config: { audience: 'tenant', action: 'document.edit' },
          schema: {
            tags: ['documents'],
            summary,
            description,
            params: DocumentParams,
            body: Wanted,
            response: { 200: Settled },
          },
        },
        async (request, reply) => {
          const { id } = request.params;
          const { scope, group } = request.body;
          const command = { type, scope, ...(group !== undefined && { group }) };
          const { group: settled, ...written } = await undo(id, command, metaOf(request));
          return replyWritten(reply, written).send({
            id,
            revision: written.revision,
            group: settled,
          });
        },
      );
    }
  };
