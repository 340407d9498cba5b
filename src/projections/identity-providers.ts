import { type SqlBool, type Transaction, sql } from 'kysely';
import type { EventHeader } from '#domain/event.ts';
import type { IdentityProviderEvent } from '#domain/identity-provider/events.ts';
import type { IdentityProviderId, TenantId } from '#domain/ids.ts';
import type { TenantRole } from '#domain/rights.ts';
import { partsOf } from '#domain/stream.ts';
import { withoutUndefined } from '#domain/without-undefined.ts';
import { type Page, type PageQuery, instant, instantOf, pageOf } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Settings = {
  readonly audience: string;
  readonly rules: readonly {
    readonly claim: readonly string[];
    readonly value: string;
    readonly roles: readonly TenantRole[];
  }[];
  readonly defaultRoles: readonly TenantRole[];
  readonly admitsNew: boolean;
};
type Row = {
  readonly provider_id: IdentityProviderId;
  readonly issuer: string;
  readonly settings: Settings;
  readonly revision: number;
  readonly registered_at: string;
};
export type IdentityProvidersTables = {
  identity_providers: Row & { readonly tenant_id: string };
};

const providerOf = ({ stream }: EventHeader) => partsOf(stream)!.id as IdentityProviderId;

/** Keeps `identity_providers`, for people to look at: sign-ins ask the streams. */
export const identityProviders = tableProjection<Row, 'provider_id', IdentityProviderEvent>({
  name: 'identity_providers',
  version: 1,
  columns: {
    provider_id: 'uuid not null',
    issuer: 'text not null',
    settings: 'jsonb not null',
    revision: 'integer not null',
    registered_at: 'timestamptz not null',
  },
  key: ['provider_id'],
  keyOf: (header) => ({ provider_id: providerOf(header) }),
  indexes: ['(tenant_id, registered_at, provider_id)'],
  body: {
    IdentityProviderRegistered: (_, { data: { issuer, ...settings }, header }) => ({
      provider_id: providerOf(header),
      issuer,
      settings,
      revision: header.revision,
      registered_at: header.recordedAt,
    }),
    IdentityProviderChanged: (row, { data, header }) =>
      row && {
        ...row,
        settings: { ...row.settings, ...withoutUndefined(data) },
        revision: header.revision,
      },
  },
  header: {
    IdentityProviderRemoved: () => undefined,
    // Its ETag is the stream's revision, which this moves as well.
    SignInsRefused: (row, { header }) => row && { ...row, revision: header.revision },
  },
});

export type IdentityProviderItem = Settings & {
  readonly id: IdentityProviderId;
  readonly issuer: string;
  readonly revision: number;
  readonly registeredAt: string;
};

/** In the order in which they were registered. */
export async function listIdentityProviders(
  tables: Transaction<IdentityProvidersTables>,
  tenant: TenantId,
  { after, limit }: PageQuery,
): Promise<Page<IdentityProviderItem>> {
  let query = tables.selectFrom('identity_providers').selectAll().where('tenant_id', '=', tenant);
  if (after !== undefined) {
    query = query.where(
      sql<SqlBool>`(registered_at, provider_id) > (${instantOf(after)}, ${after[1]})`,
    );
  }
  const rows = await query
    .orderBy('registered_at')
    .orderBy('provider_id')
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, (row) => [instant(row.registered_at), row.provider_id], itemOf);
}

export async function identityProviderOf(
  tables: Transaction<IdentityProvidersTables>,
  tenant: TenantId,
  provider: IdentityProviderId,
): Promise<IdentityProviderItem | undefined> {
  const row = await tables
    .selectFrom('identity_providers')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('provider_id', '=', provider)
    .executeTakeFirst();
  return row && itemOf(row);
}

const itemOf = ({ provider_id, issuer, settings, revision, registered_at }: Row) => ({
  id: provider_id,
  issuer,
  ...settings,
  revision,
  registeredAt: instant(registered_at),
});
