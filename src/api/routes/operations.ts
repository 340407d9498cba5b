import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ServerDeps } from '#api/deps.ts';
import { problemCatalogue } from '#api/errors.ts';
import { Problem } from '#api/problem.ts';

const ReadinessAnswer = z.object({
  ready: z.boolean(),
  waitingFor: z.array(z.string()),
  degraded: z
    .array(z.string())
    .describe('`redis`: it does not answer, so generations are refused; all else is served'),
});

/** What runs beside the product itself: health, metrics, and what a problem's type leads to. */
export const operationRoutes =
  ({ readiness, metrics }: Pick<ServerDeps, 'readiness' | 'metrics'>): FastifyPluginAsyncZod =>
  async (app) => {
    const config = { audience: 'public' } as const;

    app.get('/', { config, schema: { hide: true } }, async (_request, reply) =>
      reply.redirect('/docs', 302),
    );

    app.get(
      '/healthz',
      {
        config,
        schema: {
          tags: ['operations'],
          summary: 'Whether the process runs',
          response: { 200: z.object({ status: z.literal('ok') }) },
        },
      },
      async () => ({ status: 'ok' as const }),
    );

    app.get(
      '/readyz',
      {
        config,
        schema: {
          tags: ['operations'],
          summary: 'Whether it may serve, and what it waits for',
          response: { 200: ReadinessAnswer, 503: ReadinessAnswer },
        },
      },
      async (_request, reply) => {
        const { ready, waitingFor, degraded } = await readiness();
        const answer = { ready, waitingFor: [...waitingFor], degraded: [...degraded] };
        return reply.code(ready ? 200 : 503).send(answer);
      },
    );

    app.get(
      '/metrics',
      { config, schema: { tags: ['operations'], summary: 'Prometheus metrics' } },
      async (_request, reply) => reply.type(metrics.contentType).send(await metrics.metrics()),
    );

    app.get(
      '/problems/:area/:name',
      {
        config,
        schema: {
          tags: ['operations'],
          summary: 'What the `type` of a problem leads to',
          params: z.object({ area: z.string(), name: z.string() }),
          response: { 200: z.object({ code: z.string(), status: z.int() }) },
        },
      },
      async ({ params: { area, name } }) => {
        const code = `${area}/${name}`;
        const status = Object.hasOwn(problemCatalogue, code) ? problemCatalogue[code] : undefined;
        if (status === undefined) throw new Problem('route/not-found');
        return { code, status };
      },
    );
  };
