import { type RawBuilder, sql } from 'kysely';
import { type Clock, type Lease, LeaseLost, type Move, laneName } from '#projections/ports.ts';
import type { ProjectorTransactions } from './transaction.ts';

type Moving = { readonly lease: Lease; readonly logId: string; readonly move: Move };
type Asked = Moving & { readonly moved: PromiseWithResolvers<void> };

/**
 * Moves checkpoints that have no rows to go with: those that are asked for in the same turn, or
 * while the ones before are on their way, go in one statement. Dozens of idle lanes would else take
 * more of Postgres than the views that are at work. Rejects with `LeaseLost` for each lane that
 * another process has taken.
 */
export function movingTogether(
  transaction: ProjectorTransactions,
  clock: Pick<Clock, 'now'>,
): (moving: Moving) => Promise<void> {
  let waiting: Asked[] = [];
  let sending: Promise<void> | undefined;

  const sendAll = async (): Promise<void> => {
    await Promise.resolve();
    while (waiting.length > 0) {
      const together = waiting;
      waiting = [];
      try {
        const moved = await moveAll(together);
        for (const { lease, moved: one } of together) {
          if (moved.has(leaseName(lease))) one.resolve();
          else one.reject(new LeaseLost(lease.lane));
        }
      } catch (error) {
        for (const { moved: one } of together) one.reject(error);
      }
    }
    sending = undefined;
  };

  /** Answers the leases that still had their lanes. */
  const moveAll = async (together: readonly Moving[]): Promise<ReadonlySet<string>> =>
    await transaction('public', async (tx) => {
      const { rows } = await sql<Lease['lane'] & { readonly epoch: string }>`
        with given as (
          select * from jsonb_to_recordset(${JSON.stringify(together.map(rowOf))}::jsonb) as given(
                 projection text, version int, generation int, partition int, epoch bigint,
                 "from" bigint, position bigint, event_id uuid, ordinal bigint, log_id text)
        ), ${lockedInTurn(sql`
          (projection, version, generation, partition)
            in (select projection, version, generation, partition from given)`)}
        update projection_checkpoints known
           set position = given.position, event_id = given.event_id, ordinal = given.ordinal,
               log_id = given.log_id, moved_at = ${clock.now()}
          from given join locked using (projection, version, generation, partition)
         where (known.projection, known.version, known.generation, known.partition)
             = (given.projection, given.version, given.generation, given.partition)
           and known.position = given."from" and known.epoch = given.epoch
        returning known.projection, known.version, known.generation, known.partition,
                  known.epoch`.execute(tx);
      return new Set(rows.map(({ epoch, ...lane }) => leaseName({ lane, epoch: BigInt(epoch) })));
    });

  return async (moving) => {
    const moved = Promise.withResolvers<void>();
    waiting.push({ ...moving, moved });
    sending ??= sendAll();
    await moved.promise;
  };
}

/**
 * Statements that change many checkpoints take them in one order, else two of them could each hold
 * what the other one waits for.
 */
export const lockedInTurn = (which: RawBuilder<unknown>) => sql`
  locked as (
    select projection, version, generation, partition from projection_checkpoints
     where ${which}
     order by projection, version, generation, partition
       for no key update)`;

/** A lane can be asked for by a lease and by the one that took it over. */
const leaseName = ({ lane, epoch }: Pick<Lease, 'lane' | 'epoch'>) => `${laneName(lane)} ${epoch}`;

/** Big numbers as texts: JSON knows no others. */
const rowOf = ({ lease: { lane, epoch }, logId, move: { from, to } }: Moving) => ({
  projection: lane.projection,
  version: lane.version,
  generation: lane.generation,
  partition: lane.partition,
  epoch: String(epoch),
  from: String(from.position),
  position: String(to.position),
  event_id: to.eventId ?? null,
  ordinal: String(to.ordinal),
  log_id: logId,
});
