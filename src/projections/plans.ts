import type { Transaction } from 'kysely';
import { PLATFORM, type PlanId } from '#domain/ids.ts';
import type { PlanEvent, PlanFigures } from '#domain/plan/events.ts';
import { partsOf } from '#domain/stream.ts';
import { instant } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly plan_id: PlanId;
  readonly plan_version: number;
  readonly name: string;
  readonly figures: PlanFigures;
  readonly published_at: string;
};
export type PlansTables = { plans: Row & { readonly tenant_id: string } };

/** Keeps `plans`: the newest figures of each subscription tier. */
export const plans = tableProjection<Row, 'plan_id', PlanEvent>({
  name: 'plans',
  version: 1,
  columns: {
    plan_id: 'text not null',
    plan_version: 'integer not null',
    name: 'text not null',
    figures: 'jsonb not null',
    published_at: 'timestamptz not null',
  },
  key: ['plan_id'],
  keyOf: (header) => ({ plan_id: partsOf(header.stream)!.id as PlanId }),
  body: {
    PlanPublished: (_, { data, header }) => ({
      plan_id: data.planId,
      plan_version: data.version,
      name: data.name,
      figures: data.figures,
      published_at: header.recordedAt,
    }),
  },
});

export type PlanItem = {
  readonly id: PlanId;
  readonly version: number;
  readonly name: string;
  readonly figures: PlanFigures;
  readonly publishedAt: string;
};

/** By id. Plans belong to the platform. */
export async function listPlans(tables: Transaction<PlansTables>): Promise<readonly PlanItem[]> {
  const rows = await tables
    .selectFrom('plans')
    .selectAll()
    .where('tenant_id', '=', PLATFORM)
    .orderBy('plan_id')
    .execute();
  return rows.map((row) => ({
    id: row.plan_id,
    version: row.plan_version,
    name: row.name,
    figures: row.figures,
    publishedAt: instant(row.published_at),
  }));
}
