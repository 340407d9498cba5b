import type { Transaction } from 'kysely';
import type { ApiKeyEvent } from '#domain/api-key/events.ts';
import type { ApiKeyId, TenantId } from '#domain/ids.ts';
import type { TenantRole } from '#domain/rights.ts';
import { type CreatedAfter, isAfter } from './created-order.ts';
import { streamId } from './stream-id.ts';
import { tableProjection } from './table-projection.ts';

type ApiKeyRow = {
  key_id: string;
  /** `null`, like the rest, where the member's key was destroyed. */
  member_id: string | null;
  name: string | null;
  roles: TenantRole[];
  labels: Record<string, string>;
  expires_at: string | null;
  status: 'issued' | 'revoked' | 'erased';
  created_at: string;
  revision: number;
};
export type ApiKeyTables = { api_key_list: ApiKeyRow & { tenant_id: string } };

/** The keys of each tenant, to look at. Who may come in is read from the streams. */
export const apiKeyList = tableProjection<ApiKeyRow, 'key_id', ApiKeyEvent>({
  name: 'api-key-list',
  version: 1,
  columns: {
    key_id: 'text not null',
    member_id: 'text',
    name: 'text',
    roles: 'jsonb not null',
    labels: 'jsonb not null',
    expires_at: 'text',
    status: 'text not null',
    created_at: 'text not null',
    revision: 'integer not null',
  },
  key: ['key_id'],
  keyOf: (header) => ({ key_id: streamId(header) }),
  indexes: ['(tenant_id, created_at, key_id)'],
  body: {
    ApiKeyIssued: (_, { header, data }) => ({
      key_id: '',
      member_id: data.memberId,
      name: data.name ?? null,
      roles: data.roles,
      labels: data.labels,
      expires_at: data.expiresAt ?? null,
      status: 'issued',
      created_at: header.recordedAt,
      revision: header.revision,
    }),
  },
  header: {
    ApiKeyRevoked: (row, { header }) =>
      row && {
        ...row,
        status: row.status === 'erased' ? row.status : 'revoked',
        revision: header.revision,
      },
    RequestsRefused: (row, { header }) => row && { ...row, revision: header.revision },
  },
  erased: (row, { header }) => ({
    key_id: '',
    member_id: null,
    name: null,
    roles: [],
    labels: {},
    expires_at: null,
    status: 'erased',
    created_at: row?.created_at ?? header.recordedAt,
    revision: header.revision,
  }),
});

const shown = [
  'key_id as keyId',
  'member_id as memberId',
  'name',
  'roles',
  'labels',
  'expires_at as expiresAt',
  'status',
  'created_at as createdAt',
  'revision',
] as const;

type Tx = Transaction<ApiKeyTables>;

export const listApiKeys = (tx: Tx, tenant: TenantId, { after, limit }: CreatedAfter) =>
  tx
    .selectFrom('api_key_list')
    .select(shown)
    .where('tenant_id', '=', tenant)
    .where(isAfter('key_id', after))
    .orderBy('created_at')
    .orderBy('key_id')
    .limit(limit)
    .execute();

export const findApiKey = (tx: Tx, tenant: TenantId, id: ApiKeyId) =>
  tx
    .selectFrom('api_key_list')
    .select(shown)
    .where('tenant_id', '=', tenant)
    .where('key_id', '=', id)
    .executeTakeFirst();
