import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { cursorFrom, paged } from '#api/cursor.ts';
import { negotiate } from '#api/negotiate.ts';
import type { TenantId } from '#domain/ids.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { PageQuery } from '#projections/page.ts';
import type { ExportedUse } from '#projections/usage/exported-usage.ts';
import type { ChosenUsage, UsageBy, UsagePage } from '#projections/usage/usage-by.ts';
import { columnsFor, formats } from './columns.ts';
import { type Column, csvOf, headingOf } from './csv.ts';
import { ByQuery, UsageShown, chosen, chosenFrom, itemOf, useOf } from './shapes.ts';

export type UsageDeps = {
  readonly view: {
    readonly by: (
      tenant: TenantId,
      asked: PageQuery & { readonly by: UsageBy; readonly chosen: ChosenUsage },
    ) => Promise<UsagePage>;
    /** The next ones after this hour; none at the end. */
    readonly exported: (
      tenant: TenantId,
      asked: { readonly chosen: ChosenUsage; readonly after: Date | undefined },
    ) => Promise<readonly ExportedUse[]>;
  };
};

const CSV = 'text/csv';
const Cursor = z.tuple([z.string().max(300)]);

/** What generations used, from what their ledgers say. */
export const usageRoutes =
  ({ view }: UsageDeps): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ['usage'];
    const config = { audience: 'tenant', action: 'usage.read', views: ['usage'] } as const;

    app.get(
      '/v1/usage',
      {
        config,
        schema: {
          tags,
          summary: 'Tokens and cost, broken down',
          description:
            'What was debited, to the nano-dollar. A day is the one whose budget was used, in the tenant’s time zone; an hour is that of the debit, in UTC. `outcome` is where a generation stands (`open`, `completed`, `failed`, `aborted`, `blocked`) until it is known what became of its answer (`accepted`, `edited`, `rejected`). Whoever has no right to all use is shown their own.',
          querystring: ByQuery,
          response: { 200: UsageShown },
        },
      },
      async ({ principal, query }) => {
        const { by, limit, cursor } = query;
        const after = cursorFrom(Cursor, cursor);
        const asked = { by, chosen: chosenFrom(query, principal), limit, after };
        const { totals, items, next } = await view.by(principal.tenant, asked);
        const shown = paged({ items: items.map(itemOf), next });
        return { by, totals: useOf(totals), ...shown };
      },
    );

    app.get(
      '/v1/usage/export',
      {
        config,
        schema: {
          tags,
          summary: 'All use, hour by hour, as CSV or in the columns of FOCUS 1.2',
          description:
            'A line for each hour, member, key, document, model, provider, outcome and set of labels. Whoever has no right to all use is given their own.',
          querystring: z.strictObject({ format: z.enum(formats).default('csv'), ...chosen }),
          response: {
            200: {
              description: 'In the order of time.',
              content: { [CSV]: { schema: z.unknown() } },
            },
          },
        },
      },
      async (request, reply) => {
        const { query, headers, principal } = request;
        const type = negotiate(headers.accept, [CSV]);
        const asked = chosenFrom(query, principal);
        reply
          .type(`${type}; charset=utf-8`)
          .header('cache-control', 'no-store')
          .header('content-disposition', `attachment; filename="usage-${query.format}.csv"`);
        if (request.method === 'HEAD') return reply.send('');
        const columns = columnsFor(query.format, principal.tenant);
        const lines = exportedLines(view, principal.tenant, asked, columns);
        return reply.send(Readable.from(lines, { highWaterMark: 1 }));
      },
    );
  };

/** More is read when the connection has taken what was. */
async function* exportedLines(
  view: UsageDeps['view'],
  tenant: TenantId,
  asked: ChosenUsage,
  columns: readonly Column<ExportedUse>[],
): AsyncGenerator<string> {
  yield headingOf(columns);
  let after: Date | undefined;
  for (;;) {
    const seen = { chosen: asked, after };
    const rows = await runAsTenant(tenant, () => view.exported(tenant, seen));
    if (rows.length === 0) return;
    yield csvOf(columns, rows);
    after = rows.at(-1)!.hour;
  }
}
