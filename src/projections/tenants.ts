import type { Transaction } from 'kysely';
import type { EventHeader } from '#domain/event.ts';
import type { PlanId, TenantId } from '#domain/ids.ts';
import type { TenantEvent } from '#domain/tenant/events.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import { type Page, type PageQuery, instant, pageOf } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  /** The stream's id, which is also `tenant_id`. */
  readonly tenant: TenantId;
  readonly name: string;
  readonly plan: PlanId;
  readonly time_zone: string;
  readonly region: string | null;
  readonly packs: readonly string[];
  readonly status: 'active' | 'suspended' | 'offboarded';
  readonly revision: number;
  readonly registered_at: string;
};
export type TenantsTables = { tenants: Row & { readonly tenant_id: string } };

const changed = (row: Row | undefined, { header }: { header: EventHeader }, change: Partial<Row>) =>
  row && { ...row, ...change, revision: header.revision };

/** Keeps `tenants`: our customers, one row in each one's own partition. */
export const tenants = tableProjection<Row, 'tenant', TenantEvent>({
  name: 'tenants',
  version: 1,
  columns: {
    tenant: 'text not null',
    name: 'text not null',
    plan: 'text not null',
    time_zone: 'text not null',
    region: 'text',
    packs: 'text[] not null',
    status: 'text not null',
    revision: 'integer not null',
    registered_at: 'timestamptz not null',
  },
  key: ['tenant'],
  keyOf: ({ tenant }) => ({ tenant }),
  body: {
    TenantRegistered: (_, { data, header }) => ({
      tenant: header.tenant,
      name: data.name,
      plan: data.plan,
      time_zone: data.timeZone,
      region: data.region ?? null,
      packs: data.packs,
      status: 'active',
      revision: header.revision,
      registered_at: header.recordedAt,
    }),
    TenantUpdated: (row, event) => {
      const { timeZone: time_zone, ...rest } = event.data;
      return changed(row, event, withoutUndefined({ ...rest, time_zone }));
    },
    TenantPlanned: (row, event) => changed(row, event, { plan: event.data.plan }),
  },
  header: {
    TenantSuspended: (row, event) => changed(row, event, { status: 'suspended' }),
    TenantResumed: (row, event) => changed(row, event, { status: 'active' }),
    TenantOffboarded: (row, event) => changed(row, event, { status: 'offboarded' }),
    OwnerListed: (row, event) => changed(row, event, {}),
    OwnerReleased: (row, event) => changed(row, event, {}),
  },
});

export type TenantItem = {
  readonly id: TenantId;
  readonly name: string;
  readonly plan: PlanId;
  readonly timeZone: string;
  readonly region: string | null;
  readonly packs: readonly string[];
  readonly status: 'active' | 'suspended' | 'offboarded';
  readonly revision: number;
  readonly registeredAt: string;
};

/** Every tenant, by id. For the operator: `views.readEveryTenant`. */
export async function listTenants(
  tables: Transaction<TenantsTables>,
  { after, limit }: PageQuery,
): Promise<Page<TenantItem>> {
  let query = tables.selectFrom('tenants').selectAll();
  if (after !== undefined) query = query.where('tenant_id', '>', String(after[0]));
  const rows = await query
    .orderBy('tenant_id')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, (row) => [row.tenant], itemOf);
}

export async function tenantOf(
  tables: Transaction<TenantsTables>,
  tenant: TenantId,
): Promise<TenantItem | undefined> {
  const row = await tables
    .selectFrom('tenants')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('tenant', '=', tenant)
    .executeTakeFirst();
  return row && itemOf(row);
}

/** Those that a change of this plan concerns. For the operator: `views.readEveryTenant`. */
export async function tenantsOnPlan(
  tables: Transaction<TenantsTables>,
  plan: PlanId,
): Promise<readonly TenantId[]> {
  const rows = await tables
    .selectFrom('tenants')
    .select('tenant')
    .where('plan', '=', plan)
    .where('status', '<>', 'offboarded')
    .orderBy('tenant')
    .execute();
  return rows.map(({ tenant }) => tenant);
}

const itemOf = (row: Row): TenantItem => ({
  id: row.tenant,
  name: row.name,
  plan: row.plan,
  timeZone: row.time_zone,
  region: row.region,
  packs: row.packs,
  status: row.status,
  revision: row.revision,
  registeredAt: instant(row.registered_at),
});
