import { sql } from 'kysely';
import type { Database } from './database.ts';

/** The views of this database were made from another log: to write to this one would be to split in two. */
export class OtherLog extends Error {
  constructor(followed: string, opened: string) {
    super(
      `The views of this database follow log ${followed}, and the log that is configured is ${opened}. Set EVENTSTORE_URL as it was (or unset it), or let the views follow this log with \`palimpsest log adopt\`.`,
    );
    this.name = 'OtherLog';
  }
}

/** Throws `OtherLog`. A database whose views were never filled follows none yet. */
export async function mustFollow(
  { inProjector }: Pick<Database, 'inProjector'>,
  logId: string,
): Promise<void> {
  const followed = await inProjector(async (tx) => {
    const { rows } = await sql<{ log_id: string }>`
      select distinct log_id from projection_checkpoints
        join projection_generations using (projection, version, generation)
       where log_id is not null and retired_at is null`.execute(tx);
    return rows.map(({ log_id }) => log_id);
  });
  const [first] = followed;
  if (first !== undefined && !followed.includes(logId)) throw new OtherLog(first, logId);
}
