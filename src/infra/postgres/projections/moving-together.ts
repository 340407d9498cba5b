import { sql } from 'kysely';
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
          if (moved.has(laneName(lease.lane))) one.resolve();
          else one.reject(new LeaseLost(lease.lane));
        }
      } catch (error) {
        for (const { moved: one } of together) one.reject(error);
      }
    }
    sending = undefined;
  };

  /** Answers the lanes that were still their leases'. */
  const moveAll = async (together: readonly Moving[]): Promise<ReadonlySet<string>> =>
    await transaction('public', async (tx) => {
      const { rows } = await sql<Lease['lane']>`
        update projection_checkpoints known
           set position = given.position, event_id = given.event_id, ordinal = given.ordinal,
               log_id = given.log_id, moved_at = ${clock.now()}
          from jsonb_to_recordset(${JSON.stringify(together.map(rowOf))}::jsonb) as given(
                 projection text, version int, generation int, partition int, epoch bigint,
                 "from" bigint, position bigint, event_id uuid, ordinal bigint, log_id text)
         where (known.projection, known.version, known.generation, known.partition)
             = (given.projection, given.version, given.generation, given.partition)
           and known.position = given."from" and known.epoch = given.epoch
        returning known.projection, known.version, known.generation, known.partition`.execute(tx);
      return new Set(rows.map(laneName));
    });

  return async (moving) => {
    const moved = Promise.withResolvers<void>();
    waiting.push({ ...moving, moved });
    sending ??= sendAll();
    await moved.promise;
  };
}

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
