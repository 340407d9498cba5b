import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Counter, Gauge, Histogram, type Registry, collectDefaultMetrics } from 'prom-client';
import type { ProjectionStanding } from '#projections/standing.ts';

/**
 * One log line and a few numbers for every request. Neither holds a URL, a query, a header or a
 * body: the route's pattern says what was asked, ids say by whom, and no label grows with tenants.
 */
export function observeRequests(
  app: FastifyInstance,
  metrics: Registry,
  standings: () => Promise<readonly ProjectionStanding[]>,
) {
  if (!metrics.getSingleMetric('process_cpu_seconds_total')) {
    collectDefaultMetrics({ register: metrics });
  }
  observeProjections(metrics, standings);
  const duration = new Histogram({
    name: 'palimpsest_http_request_duration_seconds',
    help: 'From the first byte of the request to the last of the answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [metrics],
  });
  const problems = new Counter({
    name: 'palimpsest_http_problems_total',
    help: 'Requests that were refused, by the code they were answered.',
    labelNames: ['code'],
    registers: [metrics],
  });

  const commands = new Counter({
    name: 'palimpsest_commands_total',
    help: 'Requests to change something, by what was asked and how it ended.',
    labelNames: ['action', 'outcome'],
    registers: [metrics],
  });

  app.addHook('onResponse', async (request, reply) => {
    const route = routeOf(request);
    const status = reply.statusCode;
    const seconds = reply.elapsedTime / 1_000;
    duration.observe({ method: request.method, route, status }, seconds);
    const code = request.problemCode;
    if (code) problems.inc({ code });
    const { action } = request.routeOptions.config;
    if (action && !READS.has(request.method)) commands.inc({ action, outcome: outcomeOf(status) });
    const { tenant, member, apiKey } = request.principal ?? {};
    const line = { method: request.method, route, status, ms: reply.elapsedTime, code };
    request.log.info({ ...line, tenant, member, apiKey, correlationId: request.id }, 'answered');
  });
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

function outcomeOf(status: number): 'done' | 'refused' | 'failed' {
  if (status < 400) return 'done';
  return status < 500 ? 'refused' : 'failed';
}

const routeOf = (request: FastifyRequest) => request.routeOptions.url ?? 'unknown';

function observeProjections(
  metrics: Registry,
  standings: () => Promise<readonly ProjectionStanding[]>,
) {
  // One look for all gauges of a scrape. With the database down the other numbers still come.
  let looking: Promise<readonly ProjectionStanding[]> | undefined;
  const look = () => {
    looking ??= standings()
      .catch(() => [])
      .finally(() => (looking = undefined));
    return looking;
  };
  const show = (name: string, help: string, value: (standing: ProjectionStanding) => number) => {
    const gauge = new Gauge({
      name: `palimpsest_projection_${name}`,
      help,
      labelNames: ['projection', 'status'],
      registers: [metrics],
      collect: async () => {
        const all = await look();
        gauge.reset();
        for (const standing of all) {
          gauge.set({ projection: standing.name, status: standing.status }, value(standing));
        }
      },
    });
  };
  show('lag_events', 'Events not yet taken in.', ({ lagEvents }) => lagEvents);
  show('lag_seconds', 'Age of the oldest of them.', ({ lagSeconds }) => lagSeconds);
  show('stalled', '1: it lags and has not moved for long.', ({ stalled }) => Number(stalled));
  show('parked_streams', 'Streams with dead letters.', ({ parkedStreams }) => parkedStreams);
}
