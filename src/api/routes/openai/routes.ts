import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problemOf, replyWithProblem } from '#api/errors.ts';
import type { GenerationDeps } from '#api/generations/generation-deps.ts';
import { endOf, staying } from '#api/generations/waiting.ts';
import { metaOf } from '#api/requests.ts';
import type { Begun } from '#commands/generation/wanted.ts';
import type { Clock } from '#commands/ports.ts';
import { Rejected } from '#domain/rejected.ts';
import { type Naming, chunksOf, completionOf, mustBeCompleted } from './answer.ts';
import { openaiErrorOf } from './errors.ts';
import { ChatBody, wantedOf } from './request.ts';

const tags = ['openai'];

/** What an application reaches that changes no more than its base URL and its key. */
export const openaiRoutes =
  ({ begin, isTask, names }: GenerationDeps, clock: Pick<Clock, 'now'>): FastifyPluginAsyncZod =>
  async (app) => {
    app.setErrorHandler((error, request, reply) =>
      replyWithProblem(error, request, reply, (problem) => ({ error: openaiErrorOf(problem) })),
    );
    app.addHook('onRequest', async (request, reply) => {
      reply.header('x-request-id', request.id);
    });

    app.get(
      '/openai/v1/models',
      {
        config: { audience: 'tenant', action: 'generation.read', views: ['models', 'cascades'] },
        schema: {
          tags,
          summary: 'Models that can be used, and tasks by whose name theirs are tried in order',
          querystring: z.strictObject({}),
          response: { 200: z.object({ object: z.literal('list'), data: z.array(z.unknown()) }) },
        },
      },
      async ({ principal }) => ({
        object: 'list' as const,
        data: (await names(principal.tenant)).map(({ name, owner, publishedAt }) => ({
          id: name,
          object: 'model',
          created: Math.floor(Date.parse(publishedAt) / 1_000),
          owned_by: owner,
        })),
      }),
    );

    app.post(
      '/openai/v1/chat/completions',
      {
        config: { audience: 'tenant', action: 'generation.request' },
        schema: {
          tags,
          summary: 'OpenAI’s chat completions, for its own client libraries',
          description:
            'A field that has no meaning here is refused by its name. Refusals are problem details that hold OpenAI’s `error` as well.',
          body: ChatBody,
          response: {
            200: {
              description: 'As OpenAI documents it, whole or (stream) in chunks.',
              content: {
                'application/json': { schema: z.unknown() },
                'text/event-stream': { schema: z.unknown() },
              },
            },
          },
        },
      },
      async (request, reply) => {
        const { body } = request;
        const wanted = wantedOf(body, (await isTask(body.model)) ? 'task' : 'model');
        const begun = await begin(wanted, metaOf(request));
        const created = Math.floor(clock.now().getTime() / 1_000);
        const naming = { id: begun.id, created, model: body.model };
        if (body.stream !== true) {
          return completionOf(naming, await endOf(begun, reply));
        }
        const includeUsage = body.stream_options?.include_usage === true;
        return await stream(naming, begun, includeUsage, reply);
      },
    );

    async function stream(
      naming: Naming,
      begun: Begun,
      includeUsage: boolean,
      reply: FastifyReply,
    ): Promise<FastifyReply> {
      if ('ended' in begun) {
        mustBeCompleted(begun.id, begun.ended);
        throw new Rejected('generation/not-here');
      }
      const { running } = begun;
      const leave = staying(running, reply);
      await firstOf(begun);
      const errorText = (error: unknown) =>
        `data: ${JSON.stringify({ error: openaiErrorOf(problemOf(error, reply.request)) })}\n\n`;
      const chunks = chunksOf({
        naming,
        running,
        includeUsage,
        signal: app.closing,
        leave,
        errorText,
      });
      reply.type('text/event-stream').header('cache-control', 'no-store');
      return reply.send(Readable.from(chunks));
    }

    /** Until the answer begins a failure has a status of its own. */
    async function firstOf(begun: Extract<Begun, { running: unknown }>): Promise<void> {
      for await (const { part } of begun.running.read(0, app.closing)) {
        if (part.type === 'text' || part.type === 'tool-call') return;
      }
      if (!app.closing.aborted) mustBeCompleted(begun.id, await begun.running.ended);
    }
  };
