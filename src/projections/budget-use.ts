import { type Transaction, sql } from 'kysely';
import { type Amount, minus } from '#domain/amount.ts';
import type { Scope } from '#domain/budget/limits.ts';
import type { DataOf, GenerationEvent } from '#domain/generation/events.ts';
import type { GenerationId } from '#domain/generation/ids.ts';
import type { TenantId } from '#domain/ids.ts';
import { partsOf } from '#domain/stream.ts';
import type { ProjectedEvent, Projection } from './projection.ts';
import { type StoredRow, rowsOf } from './table-rows.ts';

type Counted = {
  readonly tenant_id: string;
  readonly generation_id: string;
  readonly scopes: readonly string[];
  readonly windows: readonly string[];
};
type Use = {
  readonly tenant_id: string;
  readonly scope: string;
  readonly window_id: string;
  readonly tokens: number;
  readonly cost_nano_usd: number;
};
export type BudgetUseTables = { budget_use: Use; budget_use_generations: Counted };

const generations = rowsOf({
  table: 'budget_use_generations',
  columns: ['scopes', 'windows'],
  key: ['generation_id'],
});
const uses = rowsOf({
  table: 'budget_use',
  columns: ['tokens', 'cost_nano_usd'],
  key: ['scope', 'window_id'],
});

const readBodies: ReadonlySet<string> = new Set<GenerationEvent['type']>([
  'BudgetReserved',
  'BudgetDebited',
  'BudgetAdjusted',
]);

/**
 * Keeps `budget_use`: what the log debited of each scope in each window. The counters know it too,
 * but a moment later than the log and only until they are lost.
 */
export const budgetUse: Projection = {
  name: 'budget_use',
  version: 1,
  restMs: 200,
  tables: [
    {
      name: 'budget_use_generations',
      columns: 'generation_id uuid not null, scopes text[] not null, windows text[] not null',
      key: ['generation_id'],
    },
    {
      name: 'budget_use',
      columns:
        'scope text not null, window_id text not null, tokens bigint not null, cost_nano_usd bigint not null',
      key: ['scope', 'window_id'],
    },
  ],
  needs: (type) => (readBodies.has(type) ? 'body' : 'nothing'),
  handle: async (events, tables) => {
    const keys = events.map(keyOf);
    const before = byKey<Counted>(await generations.load(tables, keys), generationKey);
    const counted = new Map(before);
    const added: Use[] = [];
    for (const [index, event] of events.entries()) {
      const key = keys[index]!;
      // These are never sealed, so none of them can have been erased.
      if (event.erased === true || event.data === undefined) continue;
      if (event.type === 'BudgetReserved') {
        const { scopes, windows } = event.data as DataOf<'BudgetReserved'>;
        counted.set(generationKey(key), { ...key, scopes, windows: [windows.day, windows.month] });
      } else
        added.push(...usesBy(addedBy(event.type, event.data), counted.get(generationKey(key))));
    }
    await generations.save(tables, changes(before, counted));
    const known = byKey<Use>(await uses.load(tables, distinct(added)), useKey);
    const sums = new Map(known);
    for (const one of added) sums.set(useKey(one), plus(sums.get(useKey(one)), one));
    await uses.save(tables, changes(known, sums));
  },
};

const keyOf = ({ header }: ProjectedEvent) => ({
  tenant_id: header.tenant as string,
  generation_id: partsOf(header.stream)!.id,
});

/** What a debit adds, and how much more or less a correction says that it was. */
function addedBy(type: string, data: object): Amount {
  const { amount } = data as DataOf<'BudgetDebited'>;
  return type === 'BudgetAdjusted' ? minus(amount, (data as DataOf<'BudgetAdjusted'>).was) : amount;
}

/** A debit is always behind its reservation. */
const usesBy = (amount: Amount, counted: Counted | undefined): readonly Use[] => {
  const { tenant_id = '', scopes = [], windows = [] } = counted ?? {};
  return scopes.flatMap((scope) =>
    windows.map((window_id) => ({
      tenant_id,
      scope,
      window_id,
      tokens: amount.tokens,
      cost_nano_usd: amount.costNanoUsd,
    })),
  );
};

const plus = (one: Use | undefined, other: Use): Use => ({
  ...other,
  tokens: (one?.tokens ?? 0) + other.tokens,
  cost_nano_usd: (one?.cost_nano_usd ?? 0) + other.cost_nano_usd,
});

const generationKey = (row: Pick<Counted, 'tenant_id' | 'generation_id'>) =>
  `${row.tenant_id} ${row.generation_id}`;
const useKey = ({ tenant_id, scope, window_id }: Use) => `${tenant_id} ${window_id} ${scope}`;

const byKey = <Row>(rows: readonly StoredRow[], keyOfRow: (row: Row) => string) =>
  new Map((rows as unknown as readonly Row[]).map((row) => [keyOfRow(row), row]));

const distinct = (rows: readonly Use[]) => [
  ...new Map(rows.map((row) => [useKey(row), row])).values(),
];

const changes = <Row extends StoredRow>(
  before: ReadonlyMap<string, Row>,
  after: ReadonlyMap<string, Row>,
) => [...after].map(([key, row]) => ({ before: before.get(key), after: row }));

export type ScopeUse = { readonly scope: Scope; readonly window: string; readonly used: Amount };

/** What is used of everything that these generations were counted in. */
export async function useAround(
  tables: Transaction<BudgetUseTables>,
  tenant: TenantId,
  generations: readonly GenerationId[],
): Promise<readonly ScopeUse[]> {
  const { rows } = await sql<UseRow>`
    select distinct scope, window_id as window, tokens::text, cost_nano_usd::text as cost
      from budget_use_generations counted
      join budget_use on budget_use.tenant_id = counted.tenant_id
                     and scope = any(scopes) and window_id = any(windows)
     where counted.tenant_id = ${tenant} and budget_use.tenant_id = ${tenant}
       and generation_id = any(${generations}::uuid[])
     order by scope, window_id`.execute(tables);
  return rows.map(scopeUse);
}

/** What is used of one scope in these windows; nothing is said of one without use. */
export async function useIn(
  tables: Transaction<BudgetUseTables>,
  tenant: TenantId,
  scope: Scope,
  windows: readonly string[],
): Promise<readonly ScopeUse[]> {
  const { rows } = await sql<UseRow>`
    select scope, window_id as window, tokens::text, cost_nano_usd::text as cost
      from budget_use
     where tenant_id = ${tenant} and scope = ${scope} and window_id = any(${windows}::text[])
     order by window_id`.execute(tables);
  return rows.map(scopeUse);
}

type UseRow = {
  readonly scope: Scope;
  readonly window: string;
  readonly tokens: string;
  readonly cost: string;
};

const scopeUse = ({ scope, window, tokens, cost }: UseRow): ScopeUse => ({
  scope,
  window,
  used: { tokens: Number(tokens), costNanoUsd: Number(cost) },
});
