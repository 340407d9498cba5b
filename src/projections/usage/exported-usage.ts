import { type Transaction, sql } from 'kysely';
import type { TenantId } from '#domain/ids.ts';
import type { Dimensions, UsageHoursTables } from './buckets.ts';
import { type ChosenUsage, type Use, chosenBy } from './usage-by.ts';

/** One bucket. None is `''`. */
export type ExportedUse = Use &
  Omit<Dimensions, 'tenant_id' | 'hour' | 'month'> & {
    readonly bucket: string;
    readonly hour: Date;
  };

/** Hours are read together until they have so many buckets. */
const ENOUGH = 5_000;

/**
 * The buckets of the next hours that are chosen, after `after`. An outcome moves use to another
 * bucket of the same hour, and an hour is never cut: so whatever happens between two of these,
 * nothing is left out or told twice.
 */
export async function exportedUsage(
  tables: Transaction<UsageHoursTables>,
  tenant: TenantId,
  { chosen, after }: { readonly chosen: ChosenUsage; readonly after: Date | undefined },
): Promise<readonly ExportedUse[]> {
  const beyond = after === undefined ? sql`` : sql`and hour > ${after}`;
  const which = sql`tenant_id = ${tenant} ${chosenBy(chosen)} ${beyond}`;
  const { rows } = await sql<ExportedUse>`
    with next as (
           select hour, count(*) as buckets from usage_hours
            where ${which} group by hour order by hour limit 24),
         reached as (
           select hour, sum(buckets) over (order by hour) - buckets as before from next)
    select * from usage_hours
     where ${which} and hour <= (select max(hour) from reached where before < ${ENOUGH})
     order by hour, bucket`.execute(tables);
  return rows;
}
