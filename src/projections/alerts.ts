import { type SqlBool, type Transaction, sql } from 'kysely';
import type { AlertEvent } from '#domain/alert/events.ts';
import type { AlertId } from '#domain/alert/ids.ts';
import type { OpenedEvent } from '#domain/event.ts';
import type { TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import { type Page, type PageQuery, instant, instantOf, pageOf } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly alert_id: AlertId;
  readonly type: AlertEvent['type'];
  readonly told: AlertEvent['data'];
  readonly raised_at: string;
};
export type AlertsTables = { alerts: Row & { readonly tenant_id: string } };

const alertIdIn = (stream: string) => partsOf(stream)!.id as AlertId;

const raised = (_: Row | undefined, { type, data, header }: OpenedEvent<AlertEvent>): Row => ({
  alert_id: alertIdIn(header.stream),
  type,
  told: data,
  raised_at: header.recordedAt,
});

/** Keeps `alerts`: what was raised, for people to look back at. */
export const alerts = tableProjection<Row, 'alert_id', AlertEvent>({
  name: 'alerts',
  version: 1,
  columns: {
    alert_id: 'uuid not null',
    type: 'text not null',
    told: 'jsonb not null',
    raised_at: 'timestamptz not null',
  },
  key: ['alert_id'],
  keyOf: ({ stream }) => ({ alert_id: alertIdIn(stream) }),
  indexes: ['(tenant_id, raised_at, alert_id)'],
  oneRowPerEvent: true,
  body: { BudgetThresholdReached: raised, BudgetBreachProjected: raised },
});

export type AlertItem = {
  readonly id: AlertId;
  readonly type: AlertEvent['type'];
  readonly data: AlertEvent['data'];
  readonly raisedAt: string;
};

/** The newest first. */
export async function listAlerts(
  tables: Transaction<AlertsTables>,
  tenant: TenantId,
  { after, limit }: PageQuery,
): Promise<Page<AlertItem>> {
  let query = tables.selectFrom('alerts').selectAll().where('tenant_id', '=', tenant);
  if (after !== undefined) {
    query = query.where(
      sql<SqlBool>`(raised_at, alert_id) < (${instantOf(after)}, ${String(after[1])}::uuid)`,
    );
  }
  const rows = await query
    .orderBy('raised_at', 'desc')
    .orderBy('alert_id', 'desc')
    .limit(limit + 1)
    .execute();
  return pageOf(
    rows,
    limit,
    ({ raised_at, alert_id }) => [instant(raised_at), alert_id],
    (row) => ({
      id: row.alert_id,
      type: row.type,
      data: row.told,
      raisedAt: instant(row.raised_at),
    }),
  );
}
