import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ProjectionDeps } from '#api/deps.ts';
import { positionText } from '#api/position.ts';
import { Problem } from '#api/problem.ts';
import { metaOf } from '#api/requests.ts';
import { partsOf, type StreamName } from '#domain/stream.ts';
import type { DeadLetter } from '#projections/ports.ts';
import type { ProjectionStanding } from '#projections/standing.ts';

const Name = z.object({ name: z.string().max(63) });
const Stream = z
  .string()
  .max(200)
  .refine(
    (text): text is StreamName => partsOf(text) !== undefined,
    'a stream reads `<tenant>/<kind>/<id>`',
  );
const Letter = z.strictObject({ stream: Stream });
const Accepted = z.object({ accepted: z.literal(true) });

const StandingShown = z.object({
  name: z.string(),
  version: z.int(),
  generation: z.int(),
  status: z.enum(['serving', 'building']),
  caughtUp: z.boolean(),
  position: z.string(),
  events: z.int(),
  ofEvents: z.int(),
  lagEvents: z.int(),
  lagSeconds: z.number(),
  stalled: z.boolean(),
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
  (operations: ProjectionDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const read = { audience: 'operator', action: 'projections.read' } as const;
    const operate = { audience: 'operator', action: 'projections.operate' } as const;
    const tags = ['projections'];
    const base = '/admin/v1/projections';
    const standing = (one: ProjectionStanding) => ({
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
          response: { 200: z.object({ items: z.array(StandingShown) }) },
        },
      },
      async () => {
        const all = await operations.standings();
        return { items: all.map(standing) };
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

    app.post(
      `${base}/:name/dead-letters/retry`,
      {
        config: operate,
        schema: {
          tags,
          summary: 'Try the events that wait once more',
          params: Name,
          body: Letter,
          response: { 200: z.object({ outcome: z.enum(['handled', 'parked again']) }) },
        },
      },
      async ({ params, body }) => {
        const outcome = await operations.retry(params.name, body.stream);
        if (outcome === 'not found') throw new Problem('dead-letter/not-found');
        return { outcome };
      },
    );

    app.post(
      `${base}/:name/dead-letters/drop`,
      {
        config: operate,
        schema: {
          tags,
          summary: 'Give the events up: the rows go without them, and that is an event',
          params: Name,
          body: Letter,
          response: { 200: z.object({ outcome: z.literal('dropped') }) },
        },
      },
      async (request) => {
        const { params, body } = request;
        if (!(await operations.drop(params.name, body.stream, metaOf(request)))) {
          throw new Problem('dead-letter/not-found');
        }
        return { outcome: 'dropped' as const };
      },
    );
  };
