import { sql } from 'kysely';
import type { Clock, DeadLetter, ProjectionStore } from '#projections/ports.ts';
import { batchOf } from './batch-of.ts';
import { type ProjectorTransactions, isOf } from './transaction.ts';

type DeadLetterRow = Omit<
  DeadLetter,
  'firstRevision' | 'firstPosition' | 'lastRevision' | 'events'
> & {
  readonly firstRevision: string;
  readonly firstPosition: string;
  readonly lastRevision: string;
  readonly events: string;
};

type DeadLetters = Pick<ProjectionStore, 'deadLetters' | 'unpark'>;

export function deadLetters(
  transaction: ProjectorTransactions,
  clock: Pick<Clock, 'now'>,
): DeadLetters {
  return {
    deadLetters: (projection) =>
      transaction('public', async (tx) => {
        const { rows } = await sql<DeadLetterRow>`
          select tenant_id as tenant, stream, projection, version, generation, partition,
                 first_revision as "firstRevision", first_position as "firstPosition",
                 first_event_id as "firstEventId", last_revision as "lastRevision", events, error,
                 parked_at as "parkedAt"
            from projection_dead_letters
           where ${projection ?? null}::text is null or projection = ${projection ?? null}
           order by parked_at, stream`.execute(tx);
        return rows.map(letterOf);
      }),

    unpark: async (letter, work) => {
      const lane = await laneOf(letter);
      if (lane === undefined) return;
      await transaction(lane.schema, async (tx) => {
        // The letter before the checkpoint, as a lane's batch locks them, else both could wait for
        // each other.
        await sql`delete from projection_dead_letters
                   where tenant_id = ${letter.tenant} and ${isOf(letter)}
                     and stream = ${letter.stream}`.execute(tx);
        // Whoever runs the lane finds another epoch at its next commit and reads the letters anew:
        // it must not count further events of this stream as parked once it is not.
        const { rows } = await sql<{ position: string }>`
          update projection_checkpoints set epoch = epoch + 1, lease_owner = null, lease_until = null
           where ${isOf(letter)} and partition = ${letter.partition}
          returning position`.execute(tx);
        await work?.(batchOf(tx, lane, clock), lane, BigInt(rows[0]?.position ?? 0));
      });
    },
  };

  function laneOf(letter: DeadLetter) {
    return transaction('public', async (tx) => {
      const { rows } = await sql<{ schema: string; partitions: number }>`
        select schema_name as schema, partitions from projection_generations
         where ${isOf(letter)} and retired_at is null`.execute(tx);
      return rows[0] && { ...letter, ...rows[0] };
    });
  }
}

const letterOf = (row: DeadLetterRow): DeadLetter => ({
  ...row,
  firstRevision: Number(row.firstRevision),
  firstPosition: BigInt(row.firstPosition),
  lastRevision: Number(row.lastRevision),
  events: Number(row.events),
});
