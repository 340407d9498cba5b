import { sql } from 'kysely';
import type { TenantId } from '#domain/ids.ts';
import type { Database } from '#infra/postgres/database.ts';

/** One table of many tenants, and what a partition of it is made of. */
export type TenantTable = {
  readonly schema: string;
  readonly table: string;
  readonly defaultPartition: string;
  /** What the tenant's partition is, or will be, called. */
  readonly partition: string;
  readonly isMoved: boolean;
  /** Columns that hold values of their own. */
  readonly columns: readonly string[];
  readonly key: readonly string[];
};

/** Every table that is partitioned by tenant, in all builds of all views too. */
export async function tablesOf(
  { asOwner }: Pick<Database, 'asOwner'>,
  tenant: TenantId,
): Promise<readonly TenantTable[]> {
  return await asOwner(async (tx) => {
    const { rows } = await sql<TenantTable>`
      select n.nspname as schema, c.relname as table, d.relname as "defaultPartition",
             partition_of_tenant(c.relname, ${tenant}) as partition,
             exists (select from pg_inherits i join pg_class own on own.oid = i.inhrelid
                      where i.inhparent = c.oid
                        and own.relname = partition_of_tenant(c.relname, ${tenant})) as "isMoved",
             (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
               where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                 and a.attgenerated = '') as columns,
             (select array_agg(a.attname::text order by k.n)
                from pg_index x, unnest(x.indkey) with ordinality k(attnum, n), pg_attribute a
               where x.indrelid = c.oid and x.indisprimary
                 and a.attrelid = c.oid and a.attnum = k.attnum) as key
        from pg_partitioned_table p
        join pg_class c on c.oid = p.partrelid
        join pg_namespace n on n.oid = c.relnamespace
        join pg_class d on d.oid = p.partdefid
        join pg_attribute by_tenant on by_tenant.attrelid = c.oid
         and by_tenant.attnum = p.partattrs[0] and by_tenant.attname = 'tenant_id'
       where p.partstrat = 'l'
       order by n.nspname, c.relname`.execute(tx);
    return rows;
  });
}
