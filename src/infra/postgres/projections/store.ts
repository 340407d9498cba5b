import { sql } from 'kysely';
import type { EventId } from '#domain/ids.ts';
import type { Database } from '#infra/postgres/database.ts';
import type { Clock, Lane, ProjectionStore, LaneStanding } from '#projections/ports.ts';
import { checkpoints } from './checkpoints.ts';
import { deadLetters } from './dead-letters.ts';
import { generations } from './generations.ts';
import { projectorTransactions } from './transaction.ts';
import { isTransient } from './transient.ts';

/** Where projections keep their rows, and how far they have come. */
export function postgresProjectionStore(
  database: Pick<Database, 'pool' | 'asOwner'>,
  clock: Pick<Clock, 'now'>,
): ProjectionStore {
  const transaction = projectorTransactions(database.pool);
  return {
    ...generations(database, transaction, clock),
    ...checkpoints(transaction, clock),
    ...deadLetters(transaction, clock),
    isTransient,

    standings: (projections) =>
      transaction('public', async (tx) => {
        const { rows } = await sql<StandingRow>`
          select projection, version, generation, g.schema_name as schema, g.partitions, c.partition,
                 c.position, c.event_id, c.ordinal, c.moved_at,
                 c.caught_up_at is not null as caught_up, r.projection is not null as registered,
                 (select count(*) from projection_dead_letters d
                   where (d.projection, d.version, d.generation, d.partition)
                       = (c.projection, c.version, c.generation, c.partition))::int as dead_letters
            from projection_generations g
            join projection_checkpoints c using (projection, version, generation)
            left join projection_registry r using (projection, version, generation)
           where retired_at is null
             and (projection, version) in (
               select * from unnest(${projections.map(({ name }) => name)}::text[],
                                    ${projections.map(({ version }) => version)}::int[]))
           order by projection, generation, c.partition`.execute(tx);
        return rows.map(standingOf);
      }),
  };
}

type StandingRow = Lane & {
  readonly position: string;
  readonly event_id: EventId | null;
  readonly ordinal: string;
  readonly moved_at: Date;
  readonly caught_up: boolean;
  readonly registered: boolean;
  readonly dead_letters: number;
};

function standingOf(row: StandingRow): LaneStanding {
  const { projection, version, generation, schema, partitions, partition } = row;
  return {
    lane: { projection, version, generation, schema, partitions, partition },
    checkpoint: {
      position: BigInt(row.position),
      eventId: row.event_id ?? undefined,
      ordinal: BigInt(row.ordinal),
    },
    movedAt: row.moved_at,
    caughtUp: row.caught_up,
    registered: row.registered,
    deadLetters: row.dead_letters,
  };
}
