import type { Transaction } from 'kysely';
import { type ModelId, PLATFORM } from '#domain/ids.ts';
import type { ModelEvent, ModelSettings } from '#domain/model/events.ts';
import type { DatedPrice } from '#domain/model/state.ts';
import { partsOf } from '#domain/stream.ts';
import { instant } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly model_id: ModelId;
  readonly model_version: number;
  readonly settings: ModelSettings;
  readonly prices: readonly DatedPrice[];
  readonly published_at: string;
  readonly revision: number;
};
export type ModelsTables = { models: Row & { readonly tenant_id: string } };

/** Keeps `models`: the newest settings of each, and all of its prices. */
export const models = tableProjection<Row, 'model_id', ModelEvent>({
  name: 'models',
  version: 1,
  columns: {
    model_id: 'text not null',
    model_version: 'integer not null',
    settings: 'jsonb not null',
    prices: 'jsonb not null',
    published_at: 'timestamptz not null',
    revision: 'integer not null',
  },
  key: ['model_id'],
  keyOf: (header) => ({ model_id: partsOf(header.stream)!.id as ModelId }),
  body: {
    ModelPublished: (row, { data, header }) => ({
      model_id: data.modelId,
      model_version: data.version,
      settings: data.settings,
      prices: row?.prices ?? [],
      published_at: header.recordedAt,
      revision: header.revision,
    }),
    PricePublished: (row, { data: { version, price, validFrom }, header }) =>
      row && {
        ...row,
        prices: [...row.prices, { version, price, validFrom }],
        revision: header.revision,
      },
  },
});

export type ModelItem = ModelSettings & {
  readonly id: ModelId;
  readonly version: number;
  /** In the order in which they were published. */
  readonly prices: readonly DatedPrice[];
  readonly publishedAt: string;
  readonly revision: number;
};

/** By id. Models belong to the platform. */
export async function listModels(tables: Transaction<ModelsTables>): Promise<readonly ModelItem[]> {
  const rows = await tables
    .selectFrom('models')
    .selectAll()
    .where('tenant_id', '=', PLATFORM)
    .orderBy('model_id')
    .execute();
  return rows.map(itemOf);
}

const itemOf = (row: Row): ModelItem => ({
  id: row.model_id,
  version: row.model_version,
  ...row.settings,
  prices: row.prices,
  publishedAt: instant(row.published_at),
  revision: row.revision,
});
