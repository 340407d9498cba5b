import type { Transaction } from 'kysely';
import type { AlertId } from '#domain/alert/ids.ts';
import type { DeliveryEvent } from '#domain/delivery/events.ts';
import type { DeliveryId } from '#domain/delivery/ids.ts';
import type { TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import type { WebhookId } from '#domain/webhook/ids.ts';
import { instant } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly delivery_id: DeliveryId;
  readonly webhook_id: WebhookId;
  readonly alert_id: AlertId;
  readonly status: 'due' | 'made' | 'given-up';
  readonly attempts: number;
  readonly reason: string | null;
  readonly due_at: string;
  readonly ended_at: string | null;
};
export type DeliveriesTables = { deliveries: Row & { readonly tenant_id: string } };

const deliveryIdIn = (stream: string) => partsOf(stream)!.id as DeliveryId;

/** Keeps `deliveries`: what was, is being and could not be brought to webhooks. */
export const deliveries = tableProjection<Row, 'delivery_id', DeliveryEvent>({
  name: 'deliveries',
  version: 2,
  columns: {
    delivery_id: 'uuid not null',
    webhook_id: 'uuid not null',
    alert_id: 'uuid not null',
    status: 'text not null',
    attempts: 'integer not null',
    reason: 'text',
    due_at: 'timestamptz not null',
    ended_at: 'timestamptz',
  },
  key: ['delivery_id'],
  keyOf: ({ stream }) => ({ delivery_id: deliveryIdIn(stream) }),
  indexes: ['(tenant_id, webhook_id, due_at)', `(tenant_id) where status = 'due'`],
  body: {
    DeliveryDue: (_, { data, header }) => ({
      delivery_id: deliveryIdIn(header.stream),
      webhook_id: data.webhook,
      alert_id: data.alert,
      status: 'due',
      attempts: 0,
      reason: null,
      due_at: header.recordedAt,
      ended_at: null,
    }),
    DeliveryAttemptFailed: (row, { data: { attempts, reason } }) =>
      row && { ...row, attempts, reason },
    DeliveryMade: (row, { data: { attempts }, header }) =>
      row && { ...row, status: 'made', attempts, reason: null, ended_at: header.recordedAt },
    DeliveryGivenUp: (row, { data: { attempts, reason }, header }) =>
      row && { ...row, status: 'given-up', attempts, reason, ended_at: header.recordedAt },
  },
});

export type DeliveryItem = {
  readonly id: DeliveryId;
  readonly alert: AlertId;
  readonly status: 'due' | 'made' | 'given-up';
  readonly attempts: number;
  readonly reason: string | null;
  readonly dueAt: string;
  readonly endedAt: string | null;
};

const MOST = 100;

/** The newest ones of a webhook. */
export async function deliveriesTo(
  tables: Transaction<DeliveriesTables>,
  tenant: TenantId,
  webhook: WebhookId,
): Promise<readonly DeliveryItem[]> {
  const rows = await tables
    .selectFrom('deliveries')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('webhook_id', '=', webhook)
    .orderBy('due_at', 'desc')
    .orderBy('delivery_id')
    .limit(MOST)
    .execute();
  return rows.map((row) => ({
    id: row.delivery_id,
    alert: row.alert_id,
    status: row.status,
    attempts: row.attempts,
    reason: row.reason,
    dueAt: instant(row.due_at),
    endedAt: row.ended_at && instant(row.ended_at),
  }));
}

/** Of every tenant, for whoever starts: `views.readEveryTenant`. */
export async function deliveriesDue(
  tables: Transaction<DeliveriesTables>,
): Promise<readonly { readonly tenant: TenantId; readonly delivery: DeliveryId }[]> {
  const rows = await tables
    .selectFrom('deliveries')
    .select(['tenant_id', 'delivery_id'])
    .where('status', '=', 'due')
    .execute();
  return rows.map((row) => ({
    tenant: row.tenant_id as TenantId,
    delivery: row.delivery_id,
  }));
}
