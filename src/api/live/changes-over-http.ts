import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { metaOf } from '#api/requests.ts';
import { answerWritten } from '#api/routes/answer-written.ts';
import { Changed, DocumentParams } from '#api/routes/documents/shapes.ts';
import { DeviceName } from '#domain/actor/events.ts';
import { mustMay } from '#domain/document/access.ts';
import { Rejected } from '#domain/rejected.ts';
import { claimActor, mustBeActor } from './actors.ts';
import type { LiveDeps } from './live-deps.ts';
import { commandOf, isHostile, setAside } from './submitting.ts';

const tags = ['documents'];
const ActorId = z.string().regex(/^[0-9a-f]{32}$/, '32 hexadecimal digits');
const Sent = z.strictObject({
  actor: ActorId,
  token: z.string().min(1).max(100),
  group: z.uuid().describe('Edits of one group are taken back together.'),
  changes: z.array(z.base64().min(1)).min(1).max(500).describe('Automerge changes, in base64.'),
});

type Ports = Pick<LiveDeps, 'actors' | 'documents' | 'history' | 'inspect' | 'ids' | 'metrics'>;

/** For programs that edit with Automerge and keep no connection open. */
export const changesOverHttp =
  (ports: Ports): FastifyPluginAsyncZod =>
  async (app) => {
    app.post(
      '/v1/documents/:id/actors',
      {
        config: { audience: 'tenant', action: 'document.edit' },
        schema: {
          tags,
          summary: 'A new actor of the caller, to write Automerge changes as',
          params: DocumentParams,
          body: z.strictObject({ device: DeviceName.optional() }).nullish(),
          response: { 201: z.object({ actor: ActorId, token: z.string() }) },
        },
      },
      async (request, reply) => {
        const { principal, params, body } = request;
        const { state } = await ports.history.newest(principal.tenant, params.id);
        mustMay(state, principal, 'document.edit');
        const { id, token = '' } = await claimActor(ports, principal, params.id, body?.device);
        return reply.code(201).send({ actor: id, token });
      },
    );

    app.post(
      '/v1/documents/:id/changes',
      {
        config: { audience: 'tenant', action: 'document.edit' },
        schema: {
          tags,
          summary: 'Send Automerge changes',
          description:
            'Each change is the next of its actor; one that was taken before is taken once. What no sound client makes is set aside, and its actor writes no more.',
          params: DocumentParams,
          body: Sent,
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { principal, params, body } = request;
        const { actor, token, group } = body;
        await mustBeActor(ports, principal, params.id, { id: actor, token });
        const bytes = body.changes.map((change) => Uint8Array.from(Buffer.from(change, 'base64')));
        try {
          const changes = await ports.inspect(bytes);
          const meta = { ...metaOf(request), commandId: commandOf(params.id, changes) };
          const command = { type: 'AcceptChanges', actor, changes, group } as const;
          const written = await ports.documents.handle(params.id, command, meta);
          return answerWritten(reply, params.id, written);
        } catch (error) {
          const reason = isHostile(error);
          if (reason === undefined) throw error;
          await setAside(ports, { actor, principal }, reason, bytes);
          throw error instanceof Rejected ? error : new Rejected('change/malformed');
        }
      },
    );
  };
