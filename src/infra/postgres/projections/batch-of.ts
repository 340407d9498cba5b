import { type Transaction, sql } from 'kysely';
import type { RecordedEvent } from '#domain/event.ts';
import type { Batch, Clock, Lane } from '#projections/ports.ts';
import { attempt } from './attempt.ts';
import { withoutContent } from './transient.ts';
import { isOf } from './transaction.ts';

/** What a lane's transaction can do besides writing rows. */
export function batchOf(tx: Transaction<unknown>, lane: Lane, clock: Pick<Clock, 'now'>): Batch {
  return {
    tables: tx,

    attempt: (work) => attempt(tx, work),

    park: async ({ header, position }, error) => {
      await sql`
        insert into projection_dead_letters
          (tenant_id, projection, version, generation, partition, stream, first_revision,
           first_position, first_event_id, last_revision, events, error, parked_at)
        values
          (${header.tenant}, ${lane.projection}, ${lane.version}, ${lane.generation},
           ${lane.partition}, ${header.stream}, ${header.revision}, ${position}, ${header.id},
           ${header.revision}, 1, ${withoutContent(error)}, ${clock.now()})`.execute(tx);
    },

    parkBehind: async (events) => {
      for (const [stream, { tenant, count, revision }] of byStream(events)) {
        await sql`
          update projection_dead_letters
             set events = events + ${count}, last_revision = ${revision}
           where tenant_id = ${tenant} and ${isOf(lane)} and stream = ${stream}`.execute(tx);
      }
    },
  };
}

function byStream(events: readonly RecordedEvent[]) {
  const streams = new Map<string, { tenant: string; count: number; revision: number }>();
  for (const { header } of events) {
    const count = (streams.get(header.stream)?.count ?? 0) + 1;
    streams.set(header.stream, { tenant: header.tenant, count, revision: header.revision });
  }
  return streams;
}
