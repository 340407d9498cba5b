import type { Transaction } from 'kysely';
import type { EventHeader } from '#domain/event.ts';
import { PLATFORM, type TenantId } from '#domain/ids.ts';
import type { TenantEvent } from '#domain/tenant/events.ts';
import { type CreatedAfter, isAfter } from './created-order.ts';
import { tableProjection } from './table-projection.ts';

type TenantRow = {
  id: string;
  name: string;
  plan: string;
  time_zone: string;
  region: string | null;
  packs: string[];
  status: 'active' | 'suspended' | 'offboarded';
  created_at: string;
  revision: number;
};
export type TenantTables = { tenant_list: TenantRow & { tenant_id: string } };

/** The operator reads all rows, and no tenant reads any: they belong to the platform. */
const rowOf = ({ tenant }: EventHeader) => ({ tenant_id: PLATFORM, id: tenant });

const changed = (
  row: TenantRow | undefined,
  { revision }: EventHeader,
  change: Partial<TenantRow> = {},
): TenantRow | undefined => row && { ...row, ...change, revision };

/** Every tenant, for the operator. */
export const tenantList = tableProjection<TenantRow, 'id', TenantEvent>({
  name: 'tenant-list',
  version: 1,
  columns: {
    id: 'text not null',
    name: 'text not null',
    plan: 'text not null',
    time_zone: 'text not null',
    region: 'text',
    packs: 'jsonb not null',
    status: 'text not null',
    created_at: 'text not null',
    revision: 'integer not null',
  },
  key: ['id'],
  keyOf: rowOf,
  indexes: ['(tenant_id, created_at, id)'],
  body: {
    TenantRegistered: (_, { header, data }) => ({
      id: '',
      name: data.name,
      plan: data.plan,
      time_zone: data.timeZone,
      region: data.region ?? null,
      packs: data.packs,
      status: 'active',
      created_at: header.recordedAt,
      revision: header.revision,
    }),
    TenantUpdated: (row, { header, data: { timeZone, region, name, packs } }) =>
      row &&
      changed(row, header, {
        name: name ?? row.name,
        time_zone: timeZone ?? row.time_zone,
        region: region ?? row.region,
        packs: packs ?? row.packs,
      }),
    TenantPlanned: (row, { header, data: { plan } }) => changed(row, header, { plan }),
  },
  header: {
    TenantSuspended: (row, { header }) => changed(row, header, { status: 'suspended' }),
    TenantResumed: (row, { header }) => changed(row, header, { status: 'active' }),
    TenantOffboarded: (row, { header }) => changed(row, header, { status: 'offboarded' }),
    OwnerListed: (row, { header }) => changed(row, header),
    OwnerReleased: (row, { header }) => changed(row, header),
  },
});

const shown = [
  'id as tenantId',
  'name',
  'plan',
  'time_zone as timeZone',
  'region',
  'packs',
  'status',
  'created_at as createdAt',
  'revision',
] as const;

type Tx = Transaction<TenantTables>;

export const listTenants = (tx: Tx, { after, limit }: CreatedAfter) =>
  tx
    .selectFrom('tenant_list')
    .select(shown)
    .where('tenant_id', '=', PLATFORM)
    .where(isAfter('id', after))
    .orderBy('created_at')
    .orderBy('id')
    .limit(limit)
    .execute();

export const findTenant = (tx: Tx, id: TenantId) =>
  tx
    .selectFrom('tenant_list')
    .select(shown)
    .where('tenant_id', '=', PLATFORM)
    .where('id', '=', id)
    .executeTakeFirst();
