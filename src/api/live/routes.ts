import websocket from '@fastify/websocket';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Problem } from '#api/problem.ts';
import { mustMay } from '#domain/document/access.ts';
import { DocumentParams } from '#api/routes/documents/shapes.ts';
import { closeCodes } from '#client/protocol.ts';
import { endSocket } from './connection.ts';
import { MOST_FRAME_BYTES } from './frames.ts';
import { changesOverHttp } from './changes-over-http.ts';
import { serveSocket } from './serve-socket.ts';
import type { SessionPorts } from './session.ts';

const tags = ['documents'];

/** Live connections to documents: `docs/live-protocol.md` says what goes over them. */
export const liveRoutes =
  (ports: SessionPorts, corsOrigins: readonly string[]): FastifyPluginAsyncZod =>
  async (app) => {
    await app.register(websocket, {
      options: { maxPayload: MOST_FRAME_BYTES, perMessageDeflate: false },
      preClose: (done: () => void) => {
        ports.sessions.goAway();
        // Nobody comes from here on; whoever has not been greeted yet is in no session.
        app.websocketServer.close();
        for (const socket of app.websocketServer.clients) {
          endSocket(socket, closeCodes.goingAway, 'server/closing');
        }
        done();
      },
    });

    await app.register(changesOverHttp(ports));

    app.route({
      method: 'GET',
      url: '/v1/documents/:id/live',
      config: { audience: 'public' },
      schema: {
        tags,
        summary: 'Edit a document together with others, over a WebSocket',
        description: 'Binary CBOR frames; the credential comes in the first of them.',
        params: DocumentParams,
      },
      preValidation: async (request) => {
        if (!request.ws)
          throw new Problem('live/upgrade-required', { headers: { upgrade: 'websocket' } });
        if (!isKnownOrigin(request, corsOrigins)) throw new Problem('live/foreign-origin');
      },
      handler: async () => undefined,
      wsHandler: (socket, request) => {
        const { id } = request.params;
        const mayFail = async () => !(await app.countFailure(request)).isOver;
        serveSocket({ ...ports, logger: request.log, mayFail }, socket, id);
      },
    });

    app.post(
      '/v1/documents/:id/live-tickets',
      {
        config: { audience: 'tenant', action: 'document.read' },
        schema: {
          tags,
          summary: 'A ticket that opens one live connection within 30 seconds',
          params: DocumentParams,
          body: z.strictObject({}).nullish(),
          response: { 201: z.object({ ticket: z.string(), expiresAt: z.string() }) },
        },
      },
      async (request, reply) => {
        const { state } = await ports.history.newest(request.principal.tenant, request.params.id);
        mustMay(state, request.principal, 'document.read');
        const credential = (request.headers.authorization ?? '').replace(/^bearer +/i, '');
        const { ticket, expiresAt } = ports.tickets.issue(credential, request.params.id);
        return reply.code(201).send({ ticket, expiresAt: expiresAt.toISOString() });
      },
    );
  };

/** A page of another site must not speak with its visitor's rights. Programs send no origin. */
function isKnownOrigin({ headers }: FastifyRequest, corsOrigins: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined || corsOrigins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
