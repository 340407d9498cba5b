import { sql } from 'kysely';
import type { EventId } from '#domain/ids.ts';
import type { StreamName } from '#domain/stream.ts';
import {
  type Clock as Time,
  type Lane,
  LeaseLost,
  type ProjectionStore,
} from '#projections/ports.ts';
import { batchOf } from './batch-of.ts';
import { lockedInTurn, movingTogether } from './moving-together.ts';
import { type ProjectorTransactions, isOf } from './transaction.ts';

type CheckpointRow = {
  readonly position: string;
  readonly event_id: EventId | null;
  readonly ordinal: string;
  readonly log_id: string | null;
  readonly epoch: string;
};

type Checkpoints = Pick<
  ProjectionStore,
  'acquire' | 'renew' | 'owners' | 'leave' | 'release' | 'commit' | 'caughtUp'
>;

/** Leases and checkpoints. Whoever holds the newest epoch of a lane is the only one who can move it. */
export function checkpoints(
  transaction: ProjectorTransactions,
  clock: Pick<Time, 'now'>,
): Checkpoints {
  const isLane = (lane: Lane) => sql`${isOf(lane)} and partition = ${lane.partition}`;
  const until = (ttlMs: number) => new Date(clock.now().getTime() + ttlMs);
  const moveTogether = movingTogether(transaction, clock);

  return {
    acquire: (lane, owner, ttlMs) =>
      transaction('public', async (tx) => {
        const { rows } = await sql<CheckpointRow>`
          update projection_checkpoints
             set epoch = epoch + 1, lease_owner = ${owner}, lease_until = ${until(ttlMs)}
           where ${isLane(lane)}
             and (lease_owner is null or lease_owner = ${owner} or lease_until < ${clock.now()})
             and exists (select from projection_generations
                          where ${isOf(lane)} and retired_at is null)
          returning position, event_id, ordinal, log_id, epoch`.execute(tx);
        const row = rows[0];
        if (row === undefined) return undefined;
        const parked = await sql<{ stream: StreamName }>`
          select stream from projection_dead_letters
           where ${isOf(lane)} and partition = ${lane.partition}`.execute(tx);
        return {
          lane,
          epoch: BigInt(row.epoch),
          logId: row.log_id ?? undefined,
          checkpoint: {
            position: BigInt(row.position),
            eventId: row.event_id ?? undefined,
            ordinal: BigInt(row.ordinal),
          },
          parked: new Set(parked.rows.map(({ stream }) => stream)),
        };
      }),

    renew: (owner, ttlMs) =>
      transaction('public', async (tx) => {
        await sql`
          with ${lockedInTurn(sql`lease_owner = ${owner}`)}
          update projection_checkpoints known set lease_until = ${until(ttlMs)} from locked
           where (known.projection, known.version, known.generation, known.partition)
               = (locked.projection, locked.version, locked.generation, locked.partition)
             and lease_owner = ${owner}`.execute(tx);
        await sql`insert into projectors (owner, until) values (${owner}, ${until(ttlMs)})
                  on conflict (owner) do update set until = excluded.until`.execute(tx);
        await sql`delete from projectors where until < ${clock.now()}`.execute(tx);
      }),

    owners: () =>
      transaction('public', async (tx) => {
        const { rows } = await sql<{ owners: number }>`
          select count(*)::int as owners from projectors where until >= ${clock.now()}`.execute(tx);
        return rows[0]?.owners ?? 0;
      }),

    leave: (owner) =>
      transaction('public', async (tx) => {
        await sql`delete from projectors where owner = ${owner}`.execute(tx);
      }),

    release: ({ lane, epoch }, owner) =>
      transaction('public', async (tx) => {
        await sql`update projection_checkpoints set lease_owner = null, lease_until = null
                   where ${isLane(lane)} and epoch = ${epoch} and lease_owner = ${owner}`.execute(
          tx,
        );
      }),

    commit: async (lease, logId, move, work) => {
      const { lane, epoch } = lease;
      const { from, to } = move;
      if (work === undefined) return await moveTogether({ lease, logId, move });
      await transaction(lane.schema, async (tx) => {
        await work(batchOf(tx, lane, clock));
        // The fence comes last: it is what this transaction stands or falls with.
        const { numAffectedRows } = await sql`
          update projection_checkpoints
             set position = ${to.position}, event_id = ${to.eventId ?? null},
                 ordinal = ${to.ordinal}, log_id = ${logId}, moved_at = ${clock.now()}
           where ${isLane(lane)} and position = ${from.position} and epoch = ${epoch}`.execute(tx);
        if (numAffectedRows !== 1n) throw new LeaseLost(lane);
      });
    },

    caughtUp: (lane) =>
      transaction('public', async (tx) => {
        await sql`update projection_checkpoints set caught_up_at = ${clock.now()}
                   where ${isLane(lane)} and caught_up_at is null`.execute(tx);
      }),
  };
}
