import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { notModified } from '#api/etag.ts';
import type { GenerationDeps } from '#api/generations/generation-deps.ts';
import { endOf, gone, staying } from '#api/generations/waiting.ts';
import { negotiate } from '#api/negotiate.ts';
import { replyWritten } from '#api/position.ts';
import { metaOf } from '#api/requests.ts';
import { Changed, answerWritten } from '#api/routes/answer-written.ts';
import type { Ended } from '#commands/generation/under-way.ts';
import { generationOutcomes } from '#domain/generation/events.ts';
import { Rejected } from '#domain/rejected.ts';
import { eventsOf, eventsOfEnded } from './events.ts';
import { Body, GenerationShown, OnGeneration, shownOf, wantedOf } from './shapes.ts';

const STREAM = 'text/event-stream';
const tags = ['generations'];
const whole = 'The generation, with its answer.';

/** An id that is none of ours is no reason to refuse: the stream then begins where it began. */
const numberAfter = (lastEventId: string | string[] | undefined): number =>
  typeof lastEventId === 'string' && /^\d{1,9}$/.test(lastEventId) ? Number(lastEventId) + 1 : 0;

const sayCached = (reply: FastifyReply, { state }: Ended): void => {
  const served = 'served' in state ? state.served : undefined;
  if (served) reply.header('palimpsest-cache', served.stale ? 'stale' : 'hit');
};

/** Answers of models, inside of budgets: whole, or as they come. */
export const generationRoutes =
  ({ begin, see, running, elsewhere, cancel, handle }: GenerationDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const read = { audience: 'tenant', action: 'generation.read' } as const;
    const one = '/v1/generations/:id';

    app.post(
      '/v1/generations',
      {
        config: { audience: 'tenant', action: 'generation.request' },
        schema: {
          tags,
          summary: 'Ask a model, or the models of a task one after the other',
          description:
            'The most that it can cost is set aside first; a refusal names the limit and when it frees, and consumes nothing. `Accept: text/event-stream` shows the answer as it comes. A client that hangs up ends it, unless it asked for `resume`. Without an answer the `status` says why.',
          body: Body,
          response: {
            201: {
              description: whole,
              content: {
                'application/json': { schema: GenerationShown },
                [STREAM]: { schema: z.unknown() },
              },
            },
          },
        },
      },
      async (request, reply) => {
        const type = negotiate(request.headers.accept, ['application/json', STREAM]);
        const wanted = wantedOf(request.body, type !== STREAM);
        const begun = await begin(wanted, metaOf(request), request.body.target);
        const { id } = begun;
        reply.code(201).header('location', `/v1/generations/${id}`).type(type);
        if (type !== STREAM) {
          const ended = await endOf(begun, reply);
          sayCached(reply, ended);
          return replyWritten(reply, ended).send(shownOf(id, ended));
        }
        reply.header('cache-control', 'no-store');
        if ('ended' in begun) {
          sayCached(reply, begun.ended);
          return reply.send(Readable.from(eventsOfEnded(id, begun.ended, { cameBack: false })));
        }
        const leave = staying(begun.running, reply);
        const options = { from: 0, signal: app.closing, leave };
        return reply.send(Readable.from(eventsOf(id, begun.running, options)));
      },
    );

    app.get(
      one,
      {
        config: read,
        schema: {
          tags,
          summary: 'A generation, as its stream has it now',
          params: OnGeneration,
          response: { 200: GenerationShown, 304: z.undefined() },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const { state, revision } = await see(request.principal, id, 'generation.read');
        if (notModified(request, reply, revision)) return reply.code(304).send();
        return shownOf(id, { state, revision, position: undefined });
      },
    );

    app.get(
      `${one}/stream`,
      {
        config: read,
        schema: {
          tags,
          summary: 'A generation as server-sent events',
          description:
            'With `Last-Event-ID` it goes on after that event, while and shortly after it is under way; later it is shown anew, after an event `again`. What another process is at work on is shown if it was asked for with `resume` and there is a Redis.',
          params: OnGeneration,
          response: { 200: { description: whole, content: { [STREAM]: { schema: z.unknown() } } } },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const lastEventId = request.headers['last-event-id'];
        const from = numberAfter(lastEventId);
        const { principal } = request;
        const seen = await see(principal, id, 'generation.read');
        const type = negotiate(request.headers.accept, [STREAM]);
        reply.type(type).header('cache-control', 'no-store');
        if (request.method === 'HEAD') return reply.send('');
        const found = running(id) ?? (await elsewhere(principal, id, seen, from));
        if (found === undefined) {
          if (seen.state.status === 'open') throw new Rejected('generation/not-here');
          const ended = { ...seen, position: undefined };
          const cameBack = lastEventId !== undefined;
          return reply.send(Readable.from(eventsOfEnded(id, ended, { cameBack })));
        }
        const options = {
          from,
          signal: AbortSignal.any([app.closing, gone(reply)]),
          leave: staying(found, reply),
        };
        return reply.send(Readable.from(eventsOf(id, found, options)));
      },
    );

    app.post(
      `${one}/cancel`,
      {
        config: { audience: 'tenant', action: 'generation.cancel' },
        schema: {
          tags,
          summary: 'Call a generation off now; what came of it stays, and is paid for',
          params: OnGeneration,
          response: { 200: GenerationShown },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const ended = await cancel(request.principal, id);
        return replyWritten(reply, ended).send(shownOf(id, ended));
      },
    );

    app.post(
      `${one}/outcome`,
      {
        config: { audience: 'tenant', action: 'generation.outcome' },
        schema: {
          tags,
          summary: 'Say what became of an answer that is no suggestion',
          params: OnGeneration,
          body: z.strictObject({ outcome: z.enum(generationOutcomes) }),
          response: { 200: Changed },
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const command = { type: 'GiveOutcome', outcome: request.body.outcome } as const;
        return answerWritten(reply, id, await handle(id, command, metaOf(request)));
      },
    );
  };
