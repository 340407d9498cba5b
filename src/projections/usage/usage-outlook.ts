import { type Transaction, sql } from 'kysely';
import type { Amount } from '#domain/budget/amount.ts';
import type { Period } from '#domain/budget/windows.ts';
import type { TenantId } from '#domain/ids.ts';
import type { UsageHoursTables } from './buckets.ts';
import type { UsageGenerationsTables } from './projection.ts';

const HOUR_MS = 3_600_000;

export type WindowUse = { readonly settled: Amount; readonly held: Amount };
export type UsedSoFar = {
  /** Each hour since the first with use, at most as many as asked for; the last is the one before `now`'s. */
  readonly hours: readonly Amount[];
  readonly windows: Readonly<Record<Period, WindowUse>>;
};

type Tables = UsageHoursTables & UsageGenerationsTables;

/** What a forecast goes by, of a tenant whose windows now are called so. */
export async function usedSoFar(
  tables: Transaction<Tables>,
  tenant: TenantId,
  asked: {
    readonly now: Date;
    readonly most: number;
    readonly windows: Readonly<Record<Period, string>>;
  },
): Promise<UsedSoFar> {
  return {
    hours: await hoursBefore(tables, tenant, asked),
    windows: {
      day: await windowUse(tables, tenant, 'day', asked.windows.day),
      month: await windowUse(tables, tenant, 'month', asked.windows.month),
    },
  };
}

async function hoursBefore(
  tables: Transaction<Tables>,
  tenant: TenantId,
  { now, most }: { readonly now: Date; readonly most: number },
): Promise<readonly Amount[]> {
  const end = Math.floor(now.getTime() / HOUR_MS);
  const { rows } = await sql<{ hour: Date; tokens: string; cost: string }>`
    select hour, sum(tokens)::text as tokens, sum(cost_nano_usd)::text as cost
      from usage_hours
     where tenant_id = ${tenant}
       and hour >= ${new Date((end - most) * HOUR_MS)} and hour < ${new Date(end * HOUR_MS)}
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
  tables: Transaction<Tables>,
  tenant: TenantId,
  period: Period,
  window: string,
): Promise<WindowUse> {
  const of = sql`tenant_id = ${tenant} and ${sql.id(period)} = ${window}`;
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
