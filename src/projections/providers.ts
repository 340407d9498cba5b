import type { Transaction } from 'kysely';
import { PLATFORM, type ProviderId } from '#domain/ids.ts';
import type { ProviderEvent, ProviderSettings } from '#domain/provider/events.ts';
import { partsOf } from '#domain/stream.ts';
import { instant } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly provider_id: ProviderId;
  readonly provider_version: number;
  readonly settings: ProviderSettings;
  readonly published_at: string;
};
export type ProvidersTables = { providers: Row & { readonly tenant_id: string } };

/** Keeps `providers`: the newest settings of each. */
export const providers = tableProjection<Row, 'provider_id', ProviderEvent>({
  name: 'providers',
  version: 1,
  columns: {
    provider_id: 'text not null',
    provider_version: 'integer not null',
    settings: 'jsonb not null',
    published_at: 'timestamptz not null',
  },
  key: ['provider_id'],
  keyOf: (header) => ({ provider_id: partsOf(header.stream)!.id as ProviderId }),
  body: {
    ProviderPublished: (_, { data, header }) => ({
      provider_id: data.providerId,
      provider_version: data.version,
      settings: data.settings,
      published_at: header.recordedAt,
    }),
  },
});

export type ProviderItem = ProviderSettings & {
  readonly id: ProviderId;
  readonly version: number;
  readonly publishedAt: string;
};

/** By id. Providers belong to the platform. */
export async function listProviders(
  tables: Transaction<ProvidersTables>,
): Promise<readonly ProviderItem[]> {
  const rows = await tables
    .selectFrom('providers')
    .selectAll()
    .where('tenant_id', '=', PLATFORM)
    .orderBy('provider_id')
    .execute();
  return rows.map(itemOf);
}

const itemOf = (row: Row): ProviderItem => ({
  id: row.provider_id,
  version: row.provider_version,
  ...row.settings,
  publishedAt: instant(row.published_at),
});
