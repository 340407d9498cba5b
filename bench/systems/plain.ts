import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { type System, textOf } from '../system.ts';

/** What Postgres itself can do: one INSERT an append, no revision check, no sealing, no global order. */
export async function plainInsert(connectionString: string): Promise<System> {
  const pool = new pg.Pool({ connectionString, max: 64 });
  // A connection that is closed under it would end this process otherwise.
  pool.on('error', () => undefined);
  await pool.query(`create table events (
    position bigint generated always as identity primary key, stream text not null,
    id uuid not null, type text not null, data jsonb not null, recorded_at timestamptz not null default now())`);
  await pool.query('create index on events (stream, position)');
  let written = 0;
  const append = (stream: string, count: number) =>
    pool.query({
      name: 'append',
      text: `insert into events (stream, id, type, data)
             select $1, id, 'Noted', data from unnest($2::uuid[], $3::jsonb[]) as e(id, data)`,
      values: [
        stream,
        Array.from({ length: count }, () => randomUUID()),
        Array.from({ length: count }, (_, number) =>
          JSON.stringify({ text: textOf(written++), number }),
        ),
      ],
    });
  return {
    name: 'INSERT',
    append,
    fill: async (stream, count) => {
      for (let left = count; left > 0; left -= 1_000) await append(stream, Math.min(left, 1_000));
    },
    load: async (stream) => {
      const text = 'select data from events where stream = $1 order by position';
      const { rows } = await pool.query<{ data: { text: string } }>({
        name: 'load',
        text,
        values: [stream],
      });
      return rows.reduce(({ count }, { data }) => ({ count: count + 1, last: data.text }), {
        count: 0,
        last: '',
      }).count;
    },
    close: () => pool.end(),
  };
}
