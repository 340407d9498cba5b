import { DatabaseError } from 'pg';
import { LogUnavailable } from '#commands/ports.ts';

// SQLSTATE classes and codes that say "not now" rather than "not like this": connection (08),
// resources (53), shutting down or starting (57), lock timeout and deadlock, read-only standby.
const notNow = /^(?:08|53|57|55P03|40|25006)/;

/** True when the same statement may succeed later: the server is away, starting or overloaded. */
export const isOutage = (error: unknown): boolean =>
  error instanceof DatabaseError ? notNow.test(error.code ?? '') : error instanceof Error;

/** The statement was prepared on another server connection than the one that is used now. */
export const isPreparedElsewhere = (error: unknown): boolean =>
  error instanceof DatabaseError && (error.code === '26000' || error.code === '42P05');

/** The same error in the port's words. */
export const unavailable = (error: unknown): unknown =>
  isOutage(error) && error instanceof Error && !(error instanceof LogUnavailable)
    ? new LogUnavailable(error.message || 'no connection', { cause: error })
    : error;

/** Runs a read; an outage becomes `LogUnavailable`. */
export async function reading<T>(query: () => Promise<T>): Promise<T> {
  try {
    return await query();
  } catch (error) {
    throw unavailable(error);
  }
}
