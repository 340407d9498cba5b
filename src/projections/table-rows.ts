import { type RawBuilder, type Transaction, sql } from 'kysely';

/** A row as JSON knows it: instants and big numbers are strings, as the handlers wrote them. */
export type StoredRow = Readonly<Record<string, unknown>>;
export type Change = {
  readonly before: StoredRow | undefined;
  readonly after: StoredRow | undefined;
};

export type RowsOf = {
  load(tables: Transaction<unknown>, keys: readonly StoredRow[]): Promise<readonly StoredRow[]>;
  save(tables: Transaction<unknown>, changes: readonly Change[]): Promise<void>;
};

/** Reads and writes many rows of one table in one statement each. */
export function rowsOf(table: {
  readonly table: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
}): RowsOf {
  const name = sql.id(table.table);
  const key = ['tenant_id', ...table.key];
  const columns = [...new Set([...key, ...table.columns])];
  const others = columns.filter((column) => !key.includes(column));
  const list = (names: readonly string[], of = (id: RawBuilder<unknown>) => id) =>
    sql.join(names.map((column) => of(sql.id(column))));
  const given = (rows: readonly StoredRow[]) =>
    sql`jsonb_populate_recordset(null::${name}, ${json(rows)}::jsonb) given`;
  const sameKey = sql.join(
    key.map((column) => sql`${name}.${sql.id(column)} = given.${sql.id(column)}`),
    sql` and `,
  );
  const updates = list(others, (id) => sql`${id} = excluded.${id}`);
  const onConflict = others.length === 0 ? sql`nothing` : sql`update set ${updates}`;

  return {
    load: async (tables, keys) => {
      if (keys.length === 0) return [];
      const { rows } = await sql<{ row: StoredRow }>`
        select to_jsonb(${name}) as row from ${given(keys)} join ${name} on ${sameKey}`.execute(
        tables,
      );
      return rows.map(({ row }) => row);
    },

    save: async (tables, changes) => {
      const kept = changes.flatMap(({ before, after }) =>
        after === undefined || after === before ? [] : [after],
      );
      const gone = changes.flatMap(({ before, after }) =>
        before === undefined || after !== undefined ? [] : [before],
      );
      if (kept.length > 0) {
        await sql`insert into ${name} (${list(columns)})
                  select ${list(columns, (id) => sql`given.${id}`)} from ${given(kept)}
                  on conflict (${list(key)}) do ${onConflict}`.execute(tables);
      }
      if (gone.length > 0) {
        await sql`delete from ${name} using ${given(gone)} where ${sameKey}`.execute(tables);
      }
    },
  };
}

/** What Postgres cannot store in a text: U+0000, and half of a surrogate pair. */
const unstorable = /\\u(?:0000|d[89a-f][0-9a-f]{2})/i;

/** Text of people that cannot be stored as it is must not stop the rest of their stream. */
function json(rows: readonly StoredRow[]): string {
  const text = JSON.stringify(rows);
  if (!unstorable.test(text)) return text;
  return JSON.stringify(rows, (_, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed().replaceAll('\u0000', '\uFFFD') : value,
  );
}
