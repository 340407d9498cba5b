import { sql } from 'kysely';
import type { Clock } from '#commands/ports.ts';
import type { ReactionStore } from '#commands/reaction.ts';
import type { EventId } from '#domain/ids.ts';
import type { Database } from './database.ts';

type Row = {
  readonly name: string;
  readonly log_id: string;
  readonly position: string;
  readonly event_id: EventId | null;
  readonly epoch: string;
  readonly moved_at: Date;
};

const placeOf = ({ position, event_id }: Pick<Row, 'position' | 'event_id'>) => ({
  position: BigInt(position),
  eventId: event_id ?? undefined,
});

/** Where the reactions are (migrations/0006). */
export function postgresReactionStore(
  { inProjector }: Pick<Database, 'inProjector'>,
  clock: Pick<Clock, 'now'>,
): ReactionStore {
  const until = (ttlMs: number) => new Date(clock.now().getTime() + ttlMs);

  return {
    install: async (name, logId, { position, eventId }) =>
      await inProjector(async (tx) => {
        await sql`
          insert into reaction_checkpoints (name, log_id, position, event_id, moved_at)
          values (${name}, ${logId}, ${position}, ${eventId ?? null}, ${clock.now()})
          on conflict (name) do nothing`.execute(tx);
      }),

    acquire: async (name, owner, ttlMs) =>
      await inProjector(async (tx) => {
        const { rows } = await sql<Row>`
          update reaction_checkpoints
             set epoch = epoch + 1, lease_owner = ${owner}, lease_until = ${until(ttlMs)}
           where name = ${name}
             and (lease_owner is null or lease_owner = ${owner} or lease_until < ${clock.now()})
          returning name, log_id, position, event_id, epoch, moved_at`.execute(tx);
        const row = rows[0];
        return row && { name, epoch: BigInt(row.epoch), logId: row.log_id, place: placeOf(row) };
      }),

    renew: async (owner, ttlMs) =>
      await inProjector(async (tx) => {
        await sql`update reaction_checkpoints set lease_until = ${until(ttlMs)}
                   where lease_owner = ${owner}`.execute(tx);
      }),

    release: async ({ name, epoch }, owner) =>
      await inProjector(async (tx) => {
        await sql`update reaction_checkpoints set lease_owner = null, lease_until = null
                   where name = ${name} and epoch = ${epoch} and lease_owner = ${owner}`.execute(
          tx,
        );
      }),

    move: async ({ name, epoch }, from, to) =>
      await inProjector(async (tx) => {
        const { numAffectedRows } = await sql`
          update reaction_checkpoints
             set position = ${to.position}, event_id = ${to.eventId ?? null}, moved_at = ${clock.now()}
           where name = ${name} and epoch = ${epoch} and position = ${from.position}`.execute(tx);
        return numAffectedRows === 1n;
      }),

    places: async () =>
      await inProjector(async (tx) => {
        const { rows } = await sql<Row>`
          select name, log_id, position, event_id, epoch, moved_at
            from reaction_checkpoints order by name`.execute(tx);
        return rows.map((row) => ({ name: row.name, movedAt: row.moved_at, place: placeOf(row) }));
      }),
  };
}
