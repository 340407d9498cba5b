import { type RawBuilder, type Transaction, sql } from 'kysely';
import type { Amount } from '#domain/amount.ts';
import type { Scope } from '#domain/budget/limits.ts';
import type { Period, Windows } from '#domain/budget/windows.ts';
import type { UsedSoFar, WindowUse } from './budget-outlooks.ts';
import type { TenantId } from '#domain/ids.ts';
import type { UsageHoursTables } from './buckets.ts';
import type { UsageGenerationsTables } from './projection.ts';

const HOUR_MS = 3_600_000;
/** Twelve weeks: what was before has no weight left in a forecast. */
const MOST_HOURS = 12 * 7 * 24;

export type OutlookTables = UsageHoursTables & UsageGenerationsTables;

/** What a forecast of a scope's budgets goes by, in the windows of now. */
export async function usedSoFar(
  tables: Transaction<OutlookTables>,
  tenant: TenantId,
  { scope, now, windows }: { readonly scope: Scope; readonly now: Date; readonly windows: Windows },
): Promise<UsedSoFar> {
  const chosen = sql`tenant_id = ${tenant} ${ofScope(scope)}`;
  return {
    hours: await hoursBefore(tables, chosen, now),
    windows: {
      day: await windowUse(tables, chosen, 'day', windows.day.id),
      month: await windowUse(tables, chosen, 'month', windows.month.id),
    },
  };
}

/** Both tables have the columns of this. */
function ofScope(scope: Scope): RawBuilder<unknown> {
  const name = scope.slice(scope.indexOf(':') + 1);
  if (scope.startsWith('member:')) return sql`and member = ${name}`;
  if (scope.startsWith('key:')) return sql`and api_key = ${name}`;
  return scope === 'tenant' ? sql`` : sql`and labels @> array[${name}]::text[]`;
}

async function hoursBefore(
  tables: Transaction<OutlookTables>,
  chosen: RawBuilder<unknown>,
  now: Date,
): Promise<readonly Amount[]> {
  const end = Math.floor(now.getTime() / HOUR_MS);
  const from = new Date((end - MOST_HOURS) * HOUR_MS);
  const { rows } = await sql<{ hour: Date; tokens: string; cost: string }>`
    select hour, sum(tokens)::text as tokens, sum(cost_nano_usd)::text as cost
      from usage_hours
     where ${chosen} and hour >= ${from} and hour < ${new Date(end * HOUR_MS)}
     group by hour order by hour`.execute(tables);
  const used = new Map(
    rows.map(({ hour, tokens, cost }) => [
      hour.getTime() / HOUR_MS,
      { tokens: Number(tokens), costNanoUsd: Number(cost) },
    ]),
  );
  const first = rows[0] === undefined ? end : rows[0].hour.getTime() / HOUR_MS;
  return Array.from(
    { length: end - first },
    (_, index) => used.get(first + index) ?? { tokens: 0, costNanoUsd: 0 },
  );
}

/** What a generation under way was debited so far is settled, and the rest of its hold is held. */
async function windowUse(
  tables: Transaction<OutlookTables>,
  chosen: RawBuilder<unknown>,
  period: Period,
  window: string,
): Promise<WindowUse> {
  const of = sql`${chosen} and ${sql.id(period)} = ${window}`;
  const { rows } = await sql<Record<'tokens' | 'cost' | 'heldTokens' | 'heldCost', string>>`
    with debited as (
           select generation_id, reserved_tokens, reserved_cost,
                  coalesce(sum((debit->'amount'->>'tokens')::bigint), 0) as tokens,
                  coalesce(sum((debit->'amount'->>'costNanoUsd')::bigint), 0) as cost
             from usage_generations left join jsonb_array_elements(debits) debit on true
            where ${of} and is_open
            group by generation_id, reserved_tokens, reserved_cost),
         held as (
           select coalesce(sum(greatest(reserved_tokens - tokens, 0)), 0)::text as "heldTokens",
                  coalesce(sum(greatest(reserved_cost - cost, 0)), 0)::text as "heldCost"
             from debited),
         settled as (
           select coalesce(sum(tokens), 0)::text as tokens,
                  coalesce(sum(cost_nano_usd), 0)::text as cost
             from usage_hours where ${of})
    select * from settled, held`.execute(tables);
  const { tokens, cost, heldTokens, heldCost } = rows[0]!;
  return {
    settled: { tokens: Number(tokens), costNanoUsd: Number(cost) },
    held: { tokens: Number(heldTokens), costNanoUsd: Number(heldCost) },
  };
}
