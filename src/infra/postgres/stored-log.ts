import { sql } from 'kysely';
import type { TenantId } from '#domain/ids.ts';
import type { Database } from './database.ts';

/** An event as the table holds it: text and bytes that nothing has interpreted yet. */
export type StoredRow = {
  readonly position: bigint;
  readonly header: string;
  readonly body: Uint8Array;
  /** What the log finds events by; all of it is in the header too. */
  readonly columns: StoredColumns;
};

export type StoredColumns = {
  readonly tenant_id: string;
  readonly stream: string;
  readonly revision: string;
  readonly id: string;
  readonly type: string;
  readonly command_id: string;
  readonly command_index: number;
  /** RFC 3339 in UTC with milliseconds. */
  readonly recorded_at: string;
};

type Row = StoredColumns & {
  readonly position: string;
  readonly header: string;
  readonly body: Uint8Array;
};

const PAGE_EVENTS = 1_000;
const PAGE_BYTES = 4_000_000;

/** The log in its order, in pages that need no large memory however large the events are. */
export async function* storedPages(
  database: Pick<Database, 'inProjector'>,
  from: { readonly after: bigint; readonly upTo: bigint; readonly tenant?: TenantId | undefined },
): AsyncGenerator<readonly StoredRow[]> {
  for (let after = from.after; after < from.upTo;) {
    const page = await readPage(database, { ...from, after });
    const last = page.at(-1);
    if (last === undefined) return;
    yield page;
    after = last.position;
  }
}

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
