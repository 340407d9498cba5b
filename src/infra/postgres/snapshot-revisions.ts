import { sql } from 'kysely';
import { type StreamName, partsOf } from '#domain/stream.ts';
import type { Database } from './database.ts';

/** The revisions of which a stream has a snapshot, ascending: for whoever checks all of them. */
export async function snapshotRevisions(
  database: Pick<Database, 'inProjector'>,
  stream: StreamName,
  stateVersion: number,
): Promise<number[]> {
  const tenant = partsOf(stream)?.tenant ?? '';
  return await database.inProjector(async (tx) => {
    const { rows } = await sql<{ revision: string }>`
      select revision from snapshots
       where tenant_id = ${tenant} and stream = ${stream} and state_version = ${stateVersion}
       order by revision`.execute(tx);
    return rows.map(({ revision }) => Number(revision));
  });
}
