import { type Transaction, sql } from 'kysely';
import type { BudgetEvent, BudgetLimits } from '#domain/budget/events.ts';
import type { BudgetId } from '#domain/budget/ids.ts';
import type { Scope } from '#domain/budget/limits.ts';
import type { MemberId, TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import { type Page, type PageQuery, instant, pageOf } from './page.ts';
import { tableProjection } from './table-projection.ts';

type Row = {
  readonly budget_id: BudgetId;
  readonly scope: Scope;
  readonly limits: BudgetLimits;
  readonly set_by: MemberId;
  readonly set_at: string;
  readonly revision: number;
};
export type BudgetsTables = { budgets: Row & { readonly tenant_id: string } };

const budgetIdIn = (stream: string) => partsOf(stream)!.id as BudgetId;

/** Keeps `budgets`, for people to look at: what is admitted is decided by the streams themselves. */
export const budgets = tableProjection<Row, 'budget_id', BudgetEvent>({
  name: 'budgets',
  version: 1,
  columns: {
    budget_id: 'uuid not null',
    scope: 'text not null',
    limits: 'jsonb not null',
    set_by: 'uuid not null',
    set_at: 'timestamptz not null',
    revision: 'integer not null',
  },
  key: ['budget_id'],
  keyOf: ({ stream }) => ({ budget_id: budgetIdIn(stream) }),
  body: {
    BudgetSet: (_, { data, header }) => ({
      budget_id: budgetIdIn(header.stream),
      scope: data.scope as Scope,
      limits: data.limits,
      set_by: header.actor,
      set_at: header.recordedAt,
      revision: header.revision,
    }),
  },
  header: { BudgetRemoved: () => undefined },
});

export type BudgetItem = {
  readonly scope: Scope;
  readonly limits: BudgetLimits;
  readonly setBy: MemberId;
  readonly setAt: string;
  readonly revision: number;
};

/** By scope, as bytes: labels are in every language, and the order must be the same on every server. */
export async function listBudgets(
  tables: Transaction<BudgetsTables>,
  tenant: TenantId,
  { after, limit }: PageQuery,
): Promise<Page<BudgetItem>> {
  let query = tables.selectFrom('budgets').selectAll().where('tenant_id', '=', tenant);
  if (after !== undefined) query = query.where(sortKey, '>', String(after[0]));
  const rows = await query
    .orderBy(sortKey)
    .limit(limit + 1)
    .execute();
  return pageOf(rows, limit, ({ scope }) => [scope], itemOf);
}

const sortKey = sql<string>`scope collate "C"`;

export async function budgetOf(
  tables: Transaction<BudgetsTables>,
  tenant: TenantId,
  budget: BudgetId,
): Promise<BudgetItem | undefined> {
  const row = await tables
    .selectFrom('budgets')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('budget_id', '=', budget)
    .executeTakeFirst();
  return row && itemOf(row);
}

const itemOf = (row: Row): BudgetItem => ({
  scope: row.scope,
  limits: row.limits,
  setBy: row.set_by,
  setAt: instant(row.set_at),
  revision: row.revision,
});
