import type { Transaction } from 'kysely';
import type { MemberId, TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import type { WebhookEvent } from '#domain/webhook/events.ts';
import type { WebhookId } from '#domain/webhook/ids.ts';
import { instant } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly webhook_id: WebhookId;
  readonly url: string;
  readonly created_by: MemberId;
  readonly created_at: string;
  readonly revision: number;
};
export type WebhooksTables = { webhooks: Row & { readonly tenant_id: string } };

const webhookIdIn = (stream: string) => partsOf(stream)!.id as WebhookId;

/** Keeps `webhooks`: where alerts are sent. Their secrets, also sealed, are not in it. */
export const webhooks = tableProjection<Row, 'webhook_id', WebhookEvent>({
  name: 'webhooks',
  version: 1,
  columns: {
    webhook_id: 'uuid not null',
    url: 'text not null',
    created_by: 'uuid not null',
    created_at: 'timestamptz not null',
    revision: 'integer not null',
  },
  key: ['webhook_id'],
  keyOf: ({ stream }) => ({ webhook_id: webhookIdIn(stream) }),
  body: {
    WebhookCreated: (_, { data, header }) => ({
      webhook_id: webhookIdIn(header.stream),
      url: data.url,
      created_by: header.actor,
      created_at: header.recordedAt,
      revision: header.revision,
    }),
  },
  header: { WebhookRemoved: () => undefined },
});

export type WebhookItem = {
  readonly id: WebhookId;
  readonly url: string;
  readonly createdBy: MemberId;
  readonly createdAt: string;
  readonly revision: number;
};

/** The oldest first; a tenant has few. */
export async function listWebhooks(
  tables: Transaction<WebhooksTables>,
  tenant: TenantId,
): Promise<readonly WebhookItem[]> {
  const rows = await tables
    .selectFrom('webhooks')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .orderBy('created_at')
    .orderBy('webhook_id')
    .execute();
  return rows.map((row) => ({
    id: row.webhook_id,
    url: row.url,
    createdBy: row.created_by,
    createdAt: instant(row.created_at),
    revision: row.revision,
  }));
}
