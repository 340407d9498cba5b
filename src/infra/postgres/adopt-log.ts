import { type Transaction, sql } from 'kysely';
import type { Database } from './database.ts';

/** Somebody still works on these views with the log of before. */
export class StillInUse extends Error {
  constructor(owners: number) {
    super(
      `${owners} ${owners === 1 ? 'process still keeps' : 'processes still keep'} these views. Stop every server of this database first; one that was killed is forgotten after ten seconds.`,
    );
    this.name = 'StillInUse';
  }
}

export type Adopted = {
  readonly builds: number;
  readonly snapshots: number;
  readonly reactions: number;
};

/**
 * Lets views, snapshots and reactions follow another log from its first event: every build that was
 * made from a log other than `logId` is retired, so that the next start builds it anew, snapshots
 * are dropped (none is ever needed), and reactions begin again, which repeats no effect. Until the
 * views are there, reads are answered that they are not ready. Throws `StillInUse`.
 */
export async function adoptLog(
  { asOwner }: Pick<Database, 'asOwner'>,
  logId: string,
  now: Date,
): Promise<Adopted> {
  return await asOwner(async (tx) => {
    await refuseWhileInUse(tx, now);
    const builds = await sql`
      update projection_generations g set retired_at = ${now}
       where retired_at is null and exists (
         select from projection_checkpoints c
          where (c.projection, c.version, c.generation) = (g.projection, g.version, g.generation)
            and c.log_id <> ${logId})`.execute(tx);
    await sql`
      delete from projection_registry r where exists (
        select from projection_generations g
         where (r.projection, r.version, r.generation) = (g.projection, g.version, g.generation)
           and g.retired_at is not null)`.execute(tx);
    const reactions = await sql`
      update reaction_checkpoints set log_id = ${logId}, position = 0, event_id = null, epoch = epoch + 1
       where log_id <> ${logId}`.execute(tx);
    const adopted = { builds: count(builds), reactions: count(reactions) };
    // One of another log may know of events that are not in this one.
    const isOther = adopted.builds + adopted.reactions > 0;
    const snapshots = isOther ? count(await sql`delete from snapshots`.execute(tx)) : 0;
    return { ...adopted, snapshots };
  });
}

const count = ({ numAffectedRows }: { readonly numAffectedRows?: bigint }): number =>
  Number(numAffectedRows ?? 0n);

async function refuseWhileInUse(tx: Transaction<unknown>, now: Date): Promise<void> {
  const { rows } = await sql<{ owners: number }>`
    select count(distinct lease_owner)::int as owners from (
      select lease_owner, lease_until from projection_checkpoints
      union all select lease_owner, lease_until from reaction_checkpoints) leases
     where lease_owner is not null and lease_until > ${now}`.execute(tx);
  const owners = rows[0]?.owners ?? 0;
  if (owners > 0) throw new StillInUse(owners);
}
