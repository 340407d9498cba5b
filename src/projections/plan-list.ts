import type { Transaction } from 'kysely';
import { PLATFORM, type PlanId } from '#domain/ids.ts';
import type { PlanEvent, PlanFigures } from '#domain/plan/events.ts';
import { streamId } from './stream-id.ts';
import { tableProjection } from './table-projection.ts';

type PlanRow = {
  plan_id: string;
  name: string;
  version: number;
  figures: PlanFigures;
  revision: number;
};
export type PlanTables = { plan_list: PlanRow & { tenant_id: string } };

/** The plans of the platform, as they were published last. */
export const planList = tableProjection<PlanRow, 'plan_id', PlanEvent>({
  name: 'plan-list',
  version: 1,
  columns: {
    plan_id: 'text not null',
    name: 'text not null',
    version: 'integer not null',
    figures: 'jsonb not null',
    revision: 'integer not null',
  },
  key: ['plan_id'],
  keyOf: (header) => ({ plan_id: streamId(header) }),
  body: {
    PlanPublished: (_, { header, data: { name, version, figures } }) => ({
      plan_id: '',
      name,
      version,
      figures,
      revision: header.revision,
    }),
  },
});

const shown = ['plan_id as planId', 'name', 'version', 'figures', 'revision'] as const;

type Tx = Transaction<PlanTables>;

export const listPlans = (tx: Tx) =>
  tx
    .selectFrom('plan_list')
    .select(shown)
    .where('tenant_id', '=', PLATFORM)
    .orderBy('plan_id')
    .execute();

export const findPlan = (tx: Tx, id: PlanId) =>
  tx
    .selectFrom('plan_list')
    .select(shown)
    .where('tenant_id', '=', PLATFORM)
    .where('plan_id', '=', id)
    .executeTakeFirst();
