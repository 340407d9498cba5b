import { sql } from 'kysely';
import type { TenantId } from '#domain/ids.ts';
import type { StoredColumns, StoredPages, StoredRow } from '#infra/log/stored-pages.ts';
import type { Database } from './database.ts';

type Row = StoredColumns & {
  readonly position: string;
  readonly header: string;
  readonly body: Uint8Array;
};

const PAGE_EVENTS = 1_000;
const PAGE_BYTES = 4_000_000;

export const postgresStoredPages = (database: Pick<Database, 'inProjector'>): StoredPages =>
  async function* (from) {
    for (let after = from.after; after < from.upTo;) {
      const page = await readPage(database, { ...from, after });
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = last.position;
    }
  };

async function readPage(
  database: Pick<Database, 'inProjector'>,
  { after, upTo, tenant }: { after: bigint; upTo: bigint; tenant?: TenantId | undefined },
): Promise<StoredRow[]> {
  const ofTenant = tenant === undefined ? sql`` : sql`and tenant_id = ${tenant}`;
  return await database.inProjector(async (tx) => {
    const { rows } = await sql<Row>`
      select position, header, body, tenant_id, stream, revision, id, type, command_id, command_index,
             to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as recorded_at
        from (select e.*, sum(octet_length(body)) over (order by position) - octet_length(body) as before
                from (select * from events
                       where position > ${after} and position <= ${upTo} ${ofTenant}
                       order by position limit ${PAGE_EVENTS}) e) page
       where before < ${PAGE_BYTES} order by position`.execute(tx);
    return rows.map(({ position, header, body, ...columns }) => ({
      position: BigInt(position),
      header,
      body,
      columns,
    }));
  });
}
