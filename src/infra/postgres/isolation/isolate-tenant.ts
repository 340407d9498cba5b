import { sql } from 'kysely';
import type { Clock, Ids } from '#commands/ports.ts';
import type { TenantId } from '#domain/ids.ts';
import type { Database } from '#infra/postgres/database.ts';
import { type MovePorts, moveTable } from './move-table.ts';
import { type TenantTable, tablesOf } from './tenant-tables.ts';

export type Isolated = {
  /** Tables that got a partition now; the others had one. */
  readonly moved: readonly string[];
  readonly rows: number;
};

/**
 * Gives a tenant partitions of its own in every table of many tenants, while everybody works. Only
 * this tenant's writers wait, for as long as its own rows take; nobody waits for the rows of others.
 * One at a time: a second one waits for the first. May be killed, and run again.
 */
export async function isolateTenant(
  ports: { readonly database: Database; readonly clock: Clock; readonly ids: Ids },
  tenant: TenantId,
  onTable: (table: string, done: number, of: number) => void = () => undefined,
): Promise<Isolated> {
  const { database } = ports;
  // Held to the end, in a transaction of its own that does nothing else.
  return await database.asOwner(async (held) => {
    await sql`select pg_advisory_xact_lock(hashtext('palimpsest.isolation'))`.execute(held);
    // First: tables that are made from now on have the partition already.
    await database.asOwner(async (tx) => {
      await sql`insert into isolated_tenants (tenant_id) values (${tenant})
                on conflict (tenant_id) do nothing`.execute(tx);
    });
    const tables = await tablesOf(database, tenant);
    const waiting = tables.filter(({ isMoved }) => !isMoved);
    let rows = 0;
    for (const [index, table] of waiting.entries()) {
      rows += await moveIfThere(ports, table, tenant);
      onTable(nameOf(table), index + 1, waiting.length);
    }
    return { moved: waiting.map(nameOf), rows };
  });
}

const nameOf = ({ schema, table }: TenantTable): string => `${schema}.${table}`;

/** An older build of a view may be dropped meanwhile. */
async function moveIfThere(ports: MovePorts, table: TenantTable, tenant: TenantId) {
  try {
    return await moveTable(ports, table, tenant);
  } catch (error) {
    const isGone = !(await tablesOf(ports.database, tenant)).some(
      ({ schema, table: name }) => schema === table.schema && name === table.table,
    );
    if (isGone) return 0;
    throw error;
  }
}
