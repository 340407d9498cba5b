import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Audit, ServerDeps } from '#api/deps.ts';
import { negotiate } from '#api/negotiate.ts';
import { readMetaOf } from '#api/requests.ts';
import { eventTypeSchemas } from '#domain/event-types.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { auditLines } from './event-lines.ts';
import { followedEvents } from './follow-events.ts';
import { type Selection, selectedEvents } from './read-events.ts';
import { AuditQuery, selectionOf } from './selection.ts';

const EventTypeShown = z.object({
  type: z.string(),
  version: z.int(),
  kind: z.string(),
  schema: z.unknown().describe('JSON Schema 2020-12 of `data`.'),
});

/** What auditors read: every event of their tenant, once or as it happens, and what events mean. */
export const auditRoutes =
  (audit: Audit, { clock }: Pick<ServerDeps, 'clock'>): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/v1/audit/events',
      {
        config: { audience: 'tenant', action: 'audit.read' },
        schema: {
          tags: ['audit'],
          summary: 'Every event of the tenant, as lines of JSON or (follow) as server-sent events',
          description:
            'A line is `{position, header, storedBodyHash, data}`, or `erased: true` instead of `data` where the key was destroyed. With `follow`, `Last-Event-ID` resumes after that event.',
          querystring: AuditQuery,
          response: {
            200: {
              description: 'In the order of the log.',
              content: {
                'application/x-ndjson': { schema: z.unknown() },
                'text/event-stream': { schema: z.unknown() },
              },
            },
          },
        },
      },
      async (request, reply) => {
        const { query, headers } = request;
        const follow = query.follow === '' || query.follow === 'true';
        const type = negotiate(headers.accept, [
          follow ? 'text/event-stream' : 'application/x-ndjson',
        ]);
        const lastEventId = follow ? headers['last-event-id'] : undefined;
        const { tenant } = request.principal;
        const selection = selectionOf(audit.log, tenant, query, lastEventId?.toString());
        reply.type(type).header('cache-control', 'no-store');
        if (request.method === 'HEAD') return reply.send('');

        await audit.recordRead(readMetaOf(request), asked(query));
        const chunks = follow
          ? followedEvents({
              audit,
              clock,
              selection,
              stillAllowed: () => request.stillAllowed(),
              signal: app.closing,
            })
          : linesOf(audit, selection, await audit.log.head());
        return reply.send(Readable.from(chunks, { highWaterMark: 1 }));
      },
    );

    app.get(
      '/v1/event-types',
      {
        config: { audience: 'tenant', action: 'event-types.read' },
        schema: {
          tags: ['audit'],
          summary: 'JSON Schemas of every type and version of event',
          querystring: z.strictObject({}),
          response: { 200: z.object({ items: z.array(EventTypeShown) }) },
        },
      },
      async () => ({ items: eventTypeSchemas() }),
    );
  };

const asked = (query: AuditQuery): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(query).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])));

/** A page is fetched when the connection has taken the one before. */
async function* linesOf(audit: Audit, selection: Selection, head: bigint): AsyncGenerator<string> {
  const pages = selectedEvents(audit.log, selection, head);
  const inTenant = <T>(work: () => Promise<T>) => runAsTenant(selection.tenant, work);
  for (;;) {
    const page = await inTenant(() => pages.next());
    if (page.done) return;
    const lines = await inTenant(() => auditLines(audit, page.value));
    yield lines.map(({ json }) => `${json}\n`).join('');
  }
}
