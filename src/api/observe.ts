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

  app.addHook('onResponse', async (request, reply) => {
    const route = routeOf(request);
    const status = reply.statusCode;
    const seconds = reply.elapsedTime / 1_000;
    duration.observe({ method: request.method, route, status }, seconds);
    const code = request.problemCode;
    if (code) problems.inc({ code });
    const { tenant, member, apiKey } = request.principal ?? {};
    const line = { method: request.method, route, status, ms: reply.elapsedTime, code };
    request.log.info({ ...line, tenant, member, apiKey, correlationId: request.id }, 'answered');
  });
}

const routeOf = (request: FastifyRequest) => request.routeOptions.url ?? 'unknown';

function observeProjections(
  metrics: Registry,
  standings: () => Promise<readonly ProjectionStanding[]>,
) {
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['projection', 'status'], registers: [metrics] });
  const events = gauge('palimpsest_projection_lag_events', 'Events not yet taken in.');
  const seconds = gauge('palimpsest_projection_lag_seconds', 'Age of the oldest of them.');
  const stalled = gauge('palimpsest_projection_stalled', '1: it lags and has not moved for long.');
  const parked = gauge('palimpsest_projection_parked_streams', 'Streams with dead letters.');
  const collector = new Gauge({
    name: 'palimpsest_projections',
    help: 'How many projections there are.',
    registers: [metrics],
    collect: async () => {
      const all = await standings();
      for (const gauge of [events, seconds, stalled, parked]) gauge.reset();
      for (const { name: projection, status, ...standing } of all) {
        const labels = { projection, status };
        events.set(labels, standing.lagEvents);
        seconds.set(labels, standing.lagSeconds);
        stalled.set(labels, Number(standing.stalled));
        parked.set(labels, standing.parkedStreams);
      }
      collector.set(all.length);
    },
  });
}
