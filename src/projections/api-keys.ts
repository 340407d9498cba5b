import { type SqlBool, type Transaction, sql } from 'kysely';
import type { ApiKeyEvent } from '#domain/api-key/events.ts';
import type { ApiKeyId, MemberId, TenantId } from '#domain/ids.ts';
import type { TenantRole } from '#domain/rights.ts';
import { partsOf } from '#domain/stream.ts';
import { type Page, type PageQuery, instant, instantOf, pageOf } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly key_id: ApiKeyId;
  readonly member_id: MemberId;
  readonly name: string | null;
  readonly roles: readonly TenantRole[];
  readonly labels: Readonly<Record<string, string>>;
  readonly issued_by: MemberId;
  readonly issued_at: string;
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
  readonly revision: number;
};
export type ApiKeysTables = { api_keys: Row & { readonly tenant_id: string } };

/**
 * Keeps `api_keys`, for people to look at. The secret's hash is not in it: who a key is, is read
 * from its stream, because a view would let a revoked key in for as long as it lags.
 */
export const apiKeys = tableProjection<Row, 'key_id', ApiKeyEvent>({
  name: 'api_keys',
  version: 1,
  columns: {
    key_id: 'text not null',
    member_id: 'uuid not null',
    name: 'text',
    roles: 'text[] not null',
    labels: 'jsonb not null',
    issued_by: 'uuid not null',
    issued_at: 'timestamptz not null',
    expires_at: 'timestamptz',
    revoked_at: 'timestamptz',
    revision: 'integer not null',
  },
  key: ['key_id'],
  keyOf: (header) => ({ key_id: partsOf(header.stream)!.id as ApiKeyId }),
  indexes: ['(tenant_id, issued_at, key_id)'],
  body: {
    ApiKeyIssued: (_, { data, header }) => ({
      key_id: partsOf(header.stream)!.id as ApiKeyId,
      member_id: data.memberId,
      name: data.name ?? null,
      roles: data.roles,
      labels: data.labels,
      issued_by: header.actor,
      issued_at: header.recordedAt,
      expires_at: data.expiresAt ?? null,
      revoked_at: null,
      revision: header.revision,
    }),
  },
  header: {
    ApiKeyRevoked: (row, { header }) =>
      row && { ...row, revoked_at: header.recordedAt, revision: header.revision },
  },
  // Whose key it was is not known any more, and it opens nothing.
  erased: () => undefined,
});

export type ApiKeyItem = {
  readonly id: ApiKeyId;
  readonly memberId: MemberId;
  readonly name: string | null;
  readonly roles: readonly TenantRole[];
  readonly labels: Readonly<Record<string, string>>;
  readonly issuedBy: MemberId;
  readonly issuedAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
};

/** In the order in which they were issued; of one member, or of all. */
export async function listApiKeys(
  tables: Transaction<ApiKeysTables>,
  tenant: TenantId,
  { after, limit, member }: PageQuery & { readonly member?: MemberId | undefined },
): Promise<Page<ApiKeyItem>> {
  let query = tables.selectFrom('api_keys').selectAll().where('tenant_id', '=', tenant);
  if (member !== undefined) query = query.where('member_id', '=', member);
  if (after !== undefined) {
    query = query.where(sql<SqlBool>`(issued_at, key_id) > (${instantOf(after)}, ${after[1]})`);
  }
  const rows = await query
    .orderBy('issued_at')
    .orderBy('key_id')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, (row) => [instant(row.issued_at), row.key_id], itemOf);
}

const itemOf = (row: Row): ApiKeyItem => ({
  id: row.key_id,
  memberId: row.member_id,
  name: row.name,
  roles: row.roles,
  labels: row.labels,
  issuedBy: row.issued_by,
  issuedAt: instant(row.issued_at),
  expiresAt: row.expires_at && instant(row.expires_at),
  revokedAt: row.revoked_at && instant(row.revoked_at),
});
