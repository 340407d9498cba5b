import type { Transaction } from 'kysely';
import type { CascadeEvent } from '#domain/cascade/events.ts';
import { type CascadeId, type ModelId, PLATFORM } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import { instant } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly cascade_id: CascadeId;
  readonly cascade_version: number;
  readonly models: readonly ModelId[];
  readonly published_at: string;
};
export type CascadesTables = { cascades: Row & { readonly tenant_id: string } };

/** Keeps `cascades`: which models each task tries now, in order. */
export const cascades = tableProjection<Row, 'cascade_id', CascadeEvent>({
  name: 'cascades',
  version: 1,
  columns: {
    cascade_id: 'text not null',
    cascade_version: 'integer not null',
    models: 'text[] not null',
    published_at: 'timestamptz not null',
  },
  key: ['cascade_id'],
  keyOf: (header) => ({ cascade_id: partsOf(header.stream)!.id as CascadeId }),
  body: {
    CascadePublished: (_, { data, header }) => ({
      cascade_id: data.cascadeId,
      cascade_version: data.version,
      models: data.models,
      published_at: header.recordedAt,
    }),
  },
});

export type CascadeItem = {
  readonly id: CascadeId;
  readonly version: number;
  readonly models: readonly ModelId[];
  readonly publishedAt: string;
};

/** By id. Cascades belong to the platform. */
export async function listCascades(
  tables: Transaction<CascadesTables>,
): Promise<readonly CascadeItem[]> {
  const rows = await tables
    .selectFrom('cascades')
    .selectAll()
    .where('tenant_id', '=', PLATFORM)
    .orderBy('cascade_id')
    .execute();
  return rows.map((row) => ({
    id: row.cascade_id,
    version: row.cascade_version,
    models: row.models,
    publishedAt: instant(row.published_at),
  }));
}
