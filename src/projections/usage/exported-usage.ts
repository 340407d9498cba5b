import { type Transaction, sql } from 'kysely';
import type { TenantId } from '#domain/ids.ts';
import type { UsageHoursTables } from './buckets.ts';
import { type ChosenUsage, type Use, chosenBy } from './usage-by.ts';

/** One bucket. None is `''`. */
export type ExportedUse = Use & {
  readonly bucket: string;
  readonly hour: Date;
  readonly day: string;
  readonly member: string;
  readonly api_key: string;
  readonly document: string;
  readonly model: string;
  readonly provider: string;
  readonly outcome: string;
  readonly labels: readonly string[];
};

/**
 * The next day's buckets that are chosen, from the first hour with use after `after`. An
 * outcome moves use to another bucket of the same hour, and an hour is never cut: so whatever
 * happens between two of these, nothing is left out or told twice.
 */
export async function exportedUsage(
  tables: Transaction<UsageHoursTables>,
  tenant: TenantId,
  { chosen, after }: { readonly chosen: ChosenUsage; readonly after: Date | undefined },
): Promise<readonly ExportedUse[]> {
  const beyond = after === undefined ? sql`` : sql`and hour > ${after}`;
  const which = sql`tenant_id = ${tenant} ${chosenBy(chosen)} ${beyond}`;
  const { rows } = await sql<ExportedUse>`
    select * from usage_hours
     where ${which}
       and hour < (select min(hour) + interval '1 day' from usage_hours where ${which})
     order by hour, bucket`.execute(tables);
  return rows;
}
