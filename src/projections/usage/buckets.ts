import { type Transaction, sql } from 'kysely';
import { derivedUuid } from '#domain/ids.ts';
import type { TableDefinition } from '#projections/projection.ts';
import type { Debit, GenerationUse } from './generation-use.ts';

const figures = [
  'attempts',
  'tokens',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'cost_nano_usd',
  'assumed_attempts',
  'assumed_cost_nano_usd',
] as const;
export type Figure = (typeof figures)[number];
export const figureNames: readonly Figure[] = figures;

/** All that use is told apart by. Labels are a set: a generation with several is in one bucket. */
export type Dimensions = {
  readonly tenant_id: string;
  readonly hour: string;
  readonly day: string;
  readonly month: string;
  readonly member: string;
  readonly api_key: string;
  readonly document: string;
  readonly model: string;
  readonly provider: string;
  readonly outcome: string;
  readonly labels: readonly string[];
};
export type UsageHoursTables = {
  usage_hours: Dimensions & Readonly<Record<Figure, string>> & { readonly bucket: string };
};

const dimensions = `hour timestamptz, day text, month text, member text, api_key text,
  document text, model text, provider text, outcome text, labels text[]`;

/**
 * What was debited in each hour, member by member, model by model and so on. The day is the one that
 * the budgets counted it in, so it is right in every time zone, also in those of half an hour.
 * `bucket` follows from the dimensions, which together can be longer than a key may be.
 */
export const usageHours: TableDefinition = {
  name: 'usage_hours',
  columns: `bucket uuid not null, ${dimensions.replaceAll(/,|$/g, ' not null$&')},
    ${figures.map((figure) => `${figure} bigint not null`).join(', ')}`,
  key: ['bucket'],
  indexes: ['(tenant_id, hour)', '(tenant_id, day)', '(tenant_id, month)'],
};

type Change = { readonly of: Dimensions; readonly by: Record<Figure, bigint> };

/** Sums of what comes and goes, bucket by bucket. */
export type Changes = Map<string, Change>;

/** What a generation's use was goes out of its buckets, and what it is comes into them. */
export function change(
  changes: Changes,
  tenant: string,
  before: GenerationUse | undefined,
  after: GenerationUse,
): void {
  for (const debit of before?.debits ?? [])
    add(changes, dimensionsOf(tenant, before!, debit), debit, -1n);
  for (const debit of after.debits) add(changes, dimensionsOf(tenant, after, debit), debit, 1n);
}

function add(changes: Changes, of: Dimensions, debit: Debit, sign: bigint): void {
  const { labels, ...others } = of;
  const bucket = derivedUuid('usage', ...Object.values(others), ...labels);
  const known = changes.get(bucket) ?? { of, by: figuresOf(() => 0n) };
  const given = countedIn(debit);
  changes.set(bucket, {
    of,
    by: figuresOf((figure) => known.by[figure] + sign * BigInt(given[figure])),
  });
}

const figuresOf = <Value>(valueOf: (figure: Figure) => Value): Record<Figure, Value> =>
  Object.fromEntries(figures.map((figure) => [figure, valueOf(figure)])) as Record<Figure, Value>;

const dimensionsOf = (tenant: string, use: GenerationUse, debit: Debit): Dimensions => ({
  tenant_id: tenant,
  hour: debit.hour,
  day: use.day,
  month: use.month,
  member: use.member,
  api_key: use.api_key,
  document: use.document,
  model: debit.model,
  provider: debit.provider,
  outcome: use.outcome,
  labels: use.labels,
});

const countedIn = (debit: Debit): Record<Figure, number> => ({
  attempts: 1,
  tokens: debit.amount.tokens,
  input_tokens: debit.inputTokens,
  cache_read_tokens: debit.cacheReadTokens,
  cache_write_tokens: debit.cacheWriteTokens,
  output_tokens: debit.outputTokens,
  reasoning_tokens: debit.reasoningTokens,
  cost_nano_usd: debit.amount.costNanoUsd,
  assumed_attempts: debit.assumed ? 1 : 0,
  assumed_cost_nano_usd: debit.assumed ? debit.amount.costNanoUsd : 0,
});

/** Adds to what the buckets hold, and forgets those that nothing is left in. */
export async function save(tables: Transaction<unknown>, changes: Changes): Promise<void> {
  const given = [...changes]
    .filter(([, { by }]) => figures.some((figure) => by[figure] !== 0n))
    .map(([bucket, { of, by }]) =>
      // As texts: JSON of numbers is exact up to 2^53 only.
      Object.assign(
        { bucket },
        of,
        figuresOf((figure) => String(by[figure])),
      ),
    );
  if (given.length === 0) return;
  const json = JSON.stringify(given);
  const typed = sql.raw(
    `tenant_id text, bucket uuid, ${dimensions}, ${figures.map((figure) => `${figure} bigint`).join(', ')}`,
  );
  const columns = sql.join(Object.keys(given[0]!).map((column) => sql.id(column)));
  const sums = sql.join(
    figures.map(
      (figure) => sql`${sql.id(figure)} = known.${sql.id(figure)} + excluded.${sql.id(figure)}`,
    ),
  );
  await sql`insert into usage_hours as known (${columns})
            select ${columns} from jsonb_to_recordset(${json}::jsonb) as given(${typed})
            on conflict (tenant_id, bucket) do update set ${sums}`.execute(tables);
  await sql`delete from usage_hours known
             using jsonb_to_recordset(${json}::jsonb) as given(tenant_id text, bucket uuid)
             where known.tenant_id = given.tenant_id and known.bucket = given.bucket
               and known.attempts = 0`.execute(tables);
}
