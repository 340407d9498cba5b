import { type RawBuilder, type Transaction, sql } from 'kysely';
import type { Database } from '#infra/postgres/database.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { TenantId } from '#domain/ids.ts';

type Table = {
  readonly schema: string;
  readonly name: string;
  readonly comment: string | null;
  readonly key: readonly string[] | null;
  readonly columns: readonly string[];
  readonly secured: boolean;
  readonly forced: boolean;
  readonly partition: boolean;
};

/** The log has one order over all tenants, so its key is the position; its rows have policies all the same. */
const ONE_ORDER = 'public.events';

/** What is wrong with the tables of a database, a sentence each. Looks at each there is. */
export async function tablesWithoutTenancy(
  database: Database,
  mine: string,
): Promise<{ readonly violations: readonly string[]; readonly tables: readonly string[] }> {
  const all = await database.asOwner(tablesOf);
  const violations: string[] = [];
  for (const table of all) {
    const title = `${table.schema}.${table.name}`;
    const isPlatform = table.comment?.startsWith('platform: ') === true;
    if (isPlatform) continue;
    if (!table.partition) violations.push(...shapeOf(title, table));
    // A partition is asked as well: under its own name its parent's policies would not bind.
    if (table.columns.includes('tenant_id'))
      violations.push(...(await rowsOf(database, table, mine)));
  }
  return { violations, tables: all.map(({ schema, name }) => `${schema}.${name}`) };
}

function shapeOf(title: string, { key, columns, secured, forced }: Table): string[] {
  if (!columns.includes('tenant_id')) {
    return [`${title} has no tenant_id, and no comment 'platform: …' that says why`];
  }
  return [
    ...(key?.[0] === 'tenant_id' || title === ONE_ORDER
      ? []
      : [`${title}: its primary key does not start with tenant_id`]),
    ...(secured && forced ? [] : [`${title}: row-level security is not forced`]),
  ];
}

/** Reads as the application does, with a query that forgets to name the tenant. */
async function rowsOf(database: Database, table: Table, mine: string): Promise<string[]> {
  const title = `${table.schema}.${table.name}`;
  const query = sql<{ tenant_id: string }>`
    select distinct tenant_id from ${sql.table(title)}`;
  const asMine = await tenantsSeen(database, mine, query);
  const asNobody = await tenantsSeen(database, '', query);
  const others = asMine.filter((tenant) => tenant !== mine);
  return [
    ...(others.length > 0 ? [`${title} shows rows of ${others.join()} to ${mine}`] : []),
    ...(asNobody.length > 0 ? [`${title} shows rows of ${asNobody.join()} to no tenant`] : []),
  ];
}

async function tenantsSeen(
  database: Database,
  tenant: string,
  query: RawBuilder<{ tenant_id: string }>,
): Promise<string[]> {
  try {
    return await runAsTenant(tenant as TenantId, () =>
      database.inTenant(async (tx) => {
        const { rows } = await query.execute(tx);
        return rows.map(({ tenant_id }) => tenant_id);
      }),
    );
  } catch (error) {
    // Not even asked: the role may not read it (or its schema) at all.
    if ((error as { code?: string }).code === '42501') return [];
    throw error;
  }
}

async function tablesOf(tx: Transaction<unknown>): Promise<readonly Table[]> {
  const { rows } = await sql<Table>`
    select n.nspname as schema, c.relname as name, obj_description(c.oid, 'pg_class') as comment,
           c.relrowsecurity as secured, c.relforcerowsecurity as forced,
           c.relispartition as partition,
           (select array_agg(a.attname::text) from pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
           (select array_agg(a.attname::text order by k.place)
            from pg_index i cross join unnest(i.indkey) with ordinality k(number, place)
            join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number
            where i.indrelid = c.oid and i.indisprimary) as key
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f', 'm')
      and n.nspname <> 'information_schema' and n.nspname not like 'pg\_%'
    order by 1, 2`.execute(tx);
  return rows;
}
