import { setTimeout as sleep } from 'node:timers/promises';
import { CommandHandler, type Event } from '@event-driven-io/emmett';
import {
  getPostgreSQLEventStore,
  postgreSQLRawBatchSQLProjection,
  rebuildPostgreSQLProjections,
} from '@event-driven-io/emmett-postgresql';
import { rawSql, sql } from '@event-driven-io/dumbo';
import pg from 'pg';
import { type System, type ViewKind, type Views, textOf } from '../system.ts';

type Noted = Event<'Noted', { text: string; number: number }>;
type State = { count: number; last: string };

const evolve = ({ count }: State, { data }: Noted): State => ({
  count: count + 1,
  last: data.text,
});
const initialState = (): State => ({ count: 0, last: '' });

/** Its default pool has ten connections; with one for each caller in flight it is quicker. */
const CONNECTIONS = 64;
/** Its defaults (100 events, then a pause of 50 ms) would measure the pause. */
const PULLING = { batchSize: 1_000, pullingFrequencyInMs: 1 };

export async function emmett(
  connectionString: string,
): Promise<System & { readonly views: Views }> {
  const pool = new pg.Pool({ connectionString, max: CONNECTIONS });
  pool.on('error', () => undefined);
  const store = getPostgreSQLEventStore(connectionString, { connectionOptions: { pool } });
  await store.schema.migrate();
  const handle = CommandHandler<State, Noted>({ evolve, initialState });
  let written = 0;
  const note = (number: number): Noted => ({
    type: 'Noted',
    data: { text: textOf(written++), number },
  });
  const append = (stream: string, count: number) =>
    store.appendToStream(
      `note-${stream}`,
      Array.from({ length: count }, (_, number) => note(number)),
    );
  const views = viewsOf(connectionString, pool);
  return {
    name: 'Emmett',
    append,
    views,
    command: (stream) =>
      handle(store, `note-${stream}`, ({ count }) => note(count), {
        // Its own three attempts are not enough where all write to one stream.
        retry: { onVersionConflict: 100 },
      }),
    fill: async (stream, count) => {
      for (let left = count; left > 0; left -= 500) await append(stream, Math.min(left, 500));
    },
    load: async (stream) =>
      (await store.aggregateStream<State, Noted>(`note-${stream}`, { evolve, initialState })).state
        .count,
    close: async () => {
      await views.stop();
      await store.close();
      await pool.end();
    },
  };
}

/** All of a batch in one statement, which is the least that its projections can cost. */
const projectionOf = (kind: ViewKind | 'live') => {
  const table = `notes_${kind}`;
  return postgreSQLRawBatchSQLProjection<Noted>({
    name: table,
    canHandle: ['Noted'],
    init: () =>
      rawSql(`create table if not exists ${table}
        (stream text primary key, events integer not null, length bigint not null)`),
    evolve: (events) => {
      const rows = new Map<string, { events: number; length: number }>();
      for (const event of events) {
        const { metadata } = event as unknown as { metadata: { streamName: string } };
        const row = rows.get(metadata.streamName) ?? { events: 0, length: 0 };
        rows.set(metadata.streamName, {
          events: row.events + 1,
          length: row.length + (kind === 'bodies' ? event.data.text.length : 0),
        });
      }
      const json = JSON.stringify([...rows].map(([stream, row]) => ({ stream, ...row })));
      return [
        sql(
          `insert into ${table} select * from jsonb_to_recordset(%L::jsonb)
             as r(stream text, events integer, length bigint)
           on conflict (stream) do update
             set events = ${table}.events + excluded.events, length = ${table}.length + excluded.length`,
          json,
        ),
      ];
    },
  });
};

function viewsOf(connectionString: string, pool: pg.Pool): Views & { stop(): Promise<void> } {
  let running: { close(): Promise<void>; done: Promise<unknown> } | undefined;
  const count = async (kind: ViewKind) => {
    const { rows } = await pool.query<{ streams: number; events: number }>(
      `select count(*)::int as streams, coalesce(sum(events), 0)::int as events from notes_${kind}`,
    );
    return rows[0]!;
  };
  const rebuilt = async (kind: ViewKind) => {
    // It has no truncation of its own for raw SQL projections.
    await pool.query(`create table if not exists notes_${kind}
      (stream text primary key, events integer not null, length bigint not null)`);
    await pool.query(`truncate notes_${kind}`);
    const consumer = rebuildPostgreSQLProjections<Noted>({
      connectionString,
      pulling: PULLING,
      projections: [projectionOf(kind)],
    });
    await consumer.start();
    await consumer.close();
  };
  return {
    count,
    start: async () => {
      const store = getPostgreSQLEventStore(connectionString, { connectionOptions: { pool } });
      const consumer = store.consumer({ pulling: PULLING });
      // A view of its own: the lock of one that is being followed keeps a rebuild out.
      consumer.projector({ projection: projectionOf('live') as never, startFrom: 'CURRENT' });
      const done = consumer.start();
      done.catch((error: unknown) => console.error(error));
      running = { close: () => consumer.close(), done };
    },
    rebuild: async (kind) => {
      const seen = { reads: 0, emptyReads: 0 };
      let busy = true;
      const work = rebuilt(kind).finally(() => (busy = false));
      await sleep(10);
      while (busy) {
        const { streams } = await count(kind).catch(() => ({ streams: 0 }));
        seen.reads++;
        if (streams === 0) seen.emptyReads++;
        await sleep(10);
      }
      await work;
      return seen;
    },
    seen: async (stream) => {
      const text = 'select events from notes_live where stream = $1';
      const { rows } = await pool.query<{ events: number }>(text, [`note-${stream}`]);
      return rows[0]?.events ?? 0;
    },
    stop: async () => {
      await running?.close();
      await running?.done;
    },
  };
}
