import { type Transaction, sql } from 'kysely';
import { type ConflictKind, conflictKinds } from '#domain/document/conflict/conflict.ts';
import type { TableDefinition } from './projection.ts';

/**
 * How many edits there were, and in how many of them which kinds of conflicts. Counted with the rows
 * that show them, so that each is counted once, whatever is built anew or tried again.
 */
export const conflictCounts: TableDefinition = {
  name: 'conflict_counts',
  columns: 'kind text not null, count bigint not null',
  key: ['kind'],
};

export type Counting = 'edits' | ConflictKind;

export async function count(
  tables: Transaction<unknown>,
  counted: readonly { readonly tenant: string; readonly kind: Counting }[],
): Promise<void> {
  if (counted.length === 0) return;
  const given = [...Map.groupBy(counted, ({ tenant, kind }) => `${tenant}\0${kind}`).values()].map(
    (same) => ({ tenant_id: same[0]!.tenant, kind: same[0]!.kind, count: same.length }),
  );
  await sql`
    insert into conflict_counts as known (tenant_id, kind, count)
    select tenant_id, kind, count from jsonb_to_recordset(${JSON.stringify(given)}::jsonb)
             as given(tenant_id text, kind text, count bigint)
    on conflict (tenant_id, kind) do update set count = known.count + excluded.count`.execute(
    tables,
  );
}

export type ConflictTotals = Readonly<Record<Counting, number>>;

/** Of all tenants that the caller may see. */
export async function conflictTotals(tables: Transaction<unknown>): Promise<ConflictTotals> {
  const { rows } = await sql<{ kind: string; count: string }>`
    select kind, sum(count) as count from conflict_counts group by kind`.execute(tables);
  const totals = new Map(rows.map(({ kind, count }) => [kind, Number(count)]));
  const kinds: readonly Counting[] = ['edits', ...conflictKinds];
  return Object.fromEntries(kinds.map((kind) => [kind, totals.get(kind) ?? 0])) as ConflictTotals;
}
