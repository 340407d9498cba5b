import type { Transaction } from 'kysely';
import type { MemberId, ProviderId, ProviderKeyId, TenantId } from '#domain/ids.ts';
import type { ProviderKeyEvent } from '#domain/provider-key/events.ts';
import { partsOf } from '#domain/stream.ts';
import { instant } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly key_id: ProviderKeyId;
  readonly provider_id: ProviderId;
  readonly ending: string;
  readonly set_by: MemberId;
  readonly set_at: string;
  readonly revoked_at: string | null;
  readonly revision: number;
};
export type ProviderKeysTables = { provider_keys: Row & { readonly tenant_id: string } };

const keyIdOf = (stream: string) => partsOf(stream)!.id as ProviderKeyId;

/** Keeps `provider_keys`, for people to look at. The keys themselves, also sealed, are not in it. */
export const providerKeys = tableProjection<Row, 'key_id', ProviderKeyEvent>({
  name: 'provider_keys',
  version: 1,
  columns: {
    key_id: 'uuid not null',
    provider_id: 'text not null',
    ending: 'text not null',
    set_by: 'uuid not null',
    set_at: 'timestamptz not null',
    revoked_at: 'timestamptz',
    revision: 'integer not null',
  },
  key: ['key_id'],
  keyOf: ({ stream }) => ({ key_id: keyIdOf(stream) }),
  body: {
    ProviderKeySet: (_, { data, header }) => ({
      key_id: keyIdOf(header.stream),
      provider_id: data.providerId,
      ending: data.ending,
      set_by: header.actor,
      set_at: header.recordedAt,
      revoked_at: null,
      revision: header.revision,
    }),
  },
  header: {
    ProviderKeyRevoked: (row, { header }) =>
      row && { ...row, revoked_at: header.recordedAt, revision: header.revision },
  },
});

export type ProviderKeyItem = {
  readonly id: ProviderKeyId;
  readonly provider: ProviderId;
  /** Its last four characters. */
  readonly ending: string;
  readonly setBy: MemberId;
  readonly setAt: string;
  readonly revokedAt: string | null;
  readonly revision: number;
};

/** By provider, of which there are few. */
export async function listProviderKeys(
  tables: Transaction<ProviderKeysTables>,
  tenant: TenantId,
): Promise<readonly ProviderKeyItem[]> {
  const rows = await tables
    .selectFrom('provider_keys')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .orderBy('provider_id')
    .execute();
  return rows.map((row) => ({
    id: row.key_id,
    provider: row.provider_id,
    ending: row.ending,
    setBy: row.set_by,
    setAt: instant(row.set_at),
    revokedAt: row.revoked_at && instant(row.revoked_at),
    revision: row.revision,
  }));
}
