import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ProjectionOperations, ProjectionProgress } from '#api/deps.ts';
import { positionText } from '#api/position.ts';
import { Problem } from '#api/problem.ts';
import { metaOf } from '#api/requests.ts';
import type { DeadLetter } from '#projections/ports.ts';

const Name = z.object({ name: z.string().max(63) });
const Letter = z.strictObject({ stream: z.string().min(1).max(200) });
const Accepted = z.object({ accepted: z.literal(true) });

const ProgressShown = z.object({
  name: z.string(),
  version: z.int(),
  generation: z.int(),
  status: z.string(),
  position: z.string(),
  lagEvents: z.int(),
  lagSeconds: z.number(),
  parkedStreams: z.int(),
});

const DeadLetterShown = z.object({
  projection: z.string(),
  version: z.int(),
  generation: z.int(),
  stream: z.string(),
  firstRevision: z.int(),
  firstPosition: z.string(),
  events: z.int(),
  error: z.string(),
  parkedAt: z.string(),
});

/** How the views stand, and what the operator can do about it. */
export const projectionRoutes =
  (operations: ProjectionOperations): FastifyPluginAsyncZod =>
  async (app) => {
    const read = { audience: 'operator', action: 'projections.read' } as const;
    const operate = { audience: 'operator', action: 'projections.operate' } as const;
    const tags = ['projections'];
    const base = '/admin/v1/projections';
    const progress = (one: ProjectionProgress) => ({
      ...one,
      position: positionText(app.logId, one.position),
    });
    const deadLetter = (letter: DeadLetter) => ({
      ...letter,
      firstPosition: positionText(app.logId, letter.firstPosition),
      parkedAt: letter.parkedAt.toISOString(),
    });

    app.get(
      base,
      {
        config: read,
        schema: {
          tags,
          summary: 'Every projection and how far behind it is',
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(ProgressShown) }) },
        },
      },
      async () => {
        const all = await operations.progress();
        return { items: all.map(progress) };
      },
    );

    for (const [verb, summary] of [
      ['rebuild', 'Build it anew beside the one that is read'],
      ['cancel', 'Give up the build under way'],
    ] as const) {
      app.post(
        `${base}/:name/${verb}`,
        {
          config: operate,
          schema: {
            tags,
            summary,
            params: Name,
            body: z.strictObject({}).nullish(),
            response: { 202: Accepted },
          },
        },
        async ({ params: { name } }, reply) => {
          if (!(await operations[verb](name))) throw new Problem('projection/not-found');
          return reply.code(202).send({ accepted: true });
        },
      );
    }

    app.get(
      `${base}/:name/dead-letters`,
      {
        config: read,
        schema: {
          tags,
          summary: 'The streams that wait because one of their events could not be taken in',
          params: Name,
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(DeadLetterShown) }) },
        },
      },
      async ({ params: { name } }) => {
        const letters = await operations.deadLetters(name);
        return { items: letters.map(deadLetter) };
      },
    );

    for (const verb of ['retry', 'drop'] as const) {
      app.post(
        `${base}/:name/dead-letters/${verb}`,
        {
          config: operate,
          schema: {
            tags,
            summary:
              verb === 'retry'
                ? 'Try the events that wait once more'
                : 'Give the events up: the rows go without them, and that is an event',
            params: Name,
            body: Letter,
            response: { 202: Accepted },
          },
        },
        async (request, reply) => {
          const { params, body } = request;
          const done = await operations[verb](params.name, body.stream, metaOf(request));
          if (!done) throw new Problem('dead-letter/not-found');
          return reply.code(202).send({ accepted: true });
        },
      );
    }
  };
