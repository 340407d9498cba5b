import { type RawBuilder, type Transaction, sql } from 'kysely';
import type { MemberId, TenantId } from '#domain/ids.ts';
import { type Page, type PageQuery, pageOf } from '#projections/page.ts';
import { type Figure, type UsageHoursTables, figureNames } from './buckets.ts';

const hourText = sql`to_char(hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

/** What use is broken down by. */
const breakdowns = {
  day: sql`day`,
  hour: hourText,
  member: sql`member`,
  model: sql`model`,
  document: sql`document`,
  key: sql`api_key`,
  outcome: sql`outcome`,
  label: sql`label`,
} as const satisfies Record<string, RawBuilder<unknown>>;
export type UsageBy = keyof typeof breakdowns;
export const usageBys = Object.keys(breakdowns) as readonly UsageBy[];

/** What use is cut down to; the names are those of the breakdowns. */
const filters = {
  member: (value) => sql`member = ${value}`,
  model: (value) => sql`model = ${value}`,
  document: (value) => sql`document = ${value}`,
  key: (value) => sql`api_key = ${value}`,
  outcome: (value) => sql`outcome = ${value}`,
  label: (value) => sql`labels @> array[${value}]::text[]`,
} as const satisfies Partial<Record<UsageBy, (value: string) => RawBuilder<unknown>>>;
export type UsageFilter = keyof typeof filters;
const filterNames = Object.keys(filters) as readonly UsageFilter[];

/**
 * `from` is in, `to` is out. Days are those of the budgets, in the tenant's time zone; hours are
 * instants.
 */
export type UsageRange = {
  readonly of: 'day' | 'hour';
  readonly from: string | undefined;
  readonly to: string | undefined;
};

export type ChosenUsage = UsageRange & {
  /** Whose use it is, where the reader may see only their own. */
  readonly own: MemberId | undefined;
} & { readonly [Filter in UsageFilter]?: string | undefined };

/** Sums, each as a text of digits: beyond 2^53 a number of JSON is not exact. */
export type Use = Readonly<Record<Figure, string>>;
export type UsageItem = { readonly value: string } & Use;

export type UsagePage = Page<UsageItem> & {
  /** Of all that is in the range. */
  readonly totals: Use;
};

/**
 * A generation with several labels is under each of them, so labels alone add up to more than the
 * totals, which come from the buckets. One statement, so that page and totals are of one moment.
 */
export async function usageBy(
  tables: Transaction<UsageHoursTables>,
  tenant: TenantId,
  { by, chosen, after, limit }: PageQuery & { readonly by: UsageBy; readonly chosen: ChosenUsage },
): Promise<UsagePage> {
  const sums = sql.join(
    figureNames.map(
      (figure) => sql`coalesce(sum(${sql.id(figure)}), 0)::text as ${sql.id(figure)}`,
    ),
  );
  const labelled = sql`, unnest(case when labels = '{}' then array[''] else labels end) as label`;
  const beyond =
    after === undefined ? sql`` : sql`having ${breakdowns[by]} collate "C" > ${String(after[0])}`;
  const { rows } = await sql<Use & { readonly value: string | null }>`
    with chosen as (
           select * from usage_hours where tenant_id = ${tenant} ${chosenBy(chosen)}),
         page as (
           select ${breakdowns[by]} collate "C" as value, ${sums}
             from chosen ${by === 'label' ? labelled : sql``}
            group by ${breakdowns[by]} ${beyond}
            order by value limit ${limit + 1})
    select * from page
    union all select null, ${sums} from chosen
    order by value nulls first`.execute(tables);
  const [totals, ...groups] = rows;
  const items = groups as readonly UsageItem[];
  return {
    totals: totals!,
    ...pageOf(
      items,
      limit,
      ({ value }) => [value],
      (item) => item,
    ),
  };
}

/** What of a tenant's `usage_hours` is chosen. */
export function chosenBy({ of, from, to, own, ...wanted }: ChosenUsage): RawBuilder<unknown> {
  const bound = (text: string) => (of === 'day' ? sql`${text}` : sql`${text}::timestamptz`);
  const terms: RawBuilder<unknown>[] = [];
  if (from !== undefined) terms.push(sql`and ${sql.id(of)} >= ${bound(from)}`);
  if (to !== undefined) terms.push(sql`and ${sql.id(of)} < ${bound(to)}`);
  if (own !== undefined) terms.push(sql`and member = ${own}`);
  for (const name of filterNames) {
    const value = wanted[name];
    if (value !== undefined) terms.push(sql`and ${filters[name](value)}`);
  }
  return terms.length === 0 ? sql`` : sql.join(terms, sql` `);
}
