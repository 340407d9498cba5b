import type pg from 'pg';
import type { Clock } from '#commands/ports.ts';
import type { CheckedAppend } from '#infra/log/checked-append.ts';
import { APPEND, type Verdict, type VerdictRow, batchParameters, verdictOf } from './batch.ts';
import { isOutage, unavailable } from './outage.ts';

/** What became of a batch. After `unknown` it may have been committed, or may be yet. */
export type Sent =
  | { readonly outcome: 'decided'; readonly verdicts: readonly Verdict[] }
  | { readonly outcome: 'not-sent' | 'unknown' | 'failed'; readonly error: unknown };

export type Wire = (batch: readonly CheckedAppend[]) => Promise<Sent>;

/** After this long without an answer the connection is given up: it may be half open. */
const ANSWER_WITHIN_MS = 3_000;

/** Sends a batch to Postgres in one round trip, which is one transaction. Never throws. */
export function postgresWire(pool: pg.Pool, clock: Clock): Wire {
  return async (batch) => {
    let client: pg.PoolClient;
    try {
      client = await pool.connect();
    } catch (error) {
      return { outcome: 'not-sent', error };
    }
    const answered = new AbortController();
    try {
      const answer = await Promise.race([
        client.query<VerdictRow>(APPEND, batchParameters(batch)),
        clock.sleep(ANSWER_WITHIN_MS, answered.signal),
      ]);
      if (answer === undefined) throw new Error('no answer from Postgres');
      client.release();
      return { outcome: 'decided', verdicts: answer.rows.map(verdictOf) };
    } catch (error) {
      client.release(true);
      return { outcome: isOutage(error) ? 'unknown' : 'failed', error };
    } finally {
      answered.abort();
    }
  };
}

export const refused = unavailable;
