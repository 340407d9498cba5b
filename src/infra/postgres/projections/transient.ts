import { LogUnavailable } from '#commands/ports.ts';

/**
 * SQLSTATE classes that say nothing about the statement itself: connection, resources, operator
 * intervention, system; and serialisation, deadlock and lock waits.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const passing = [/^08/, /^53/, /^57P/, /^58/, /^40(001|P01)$/, /^55P03$/, /^25P0[34]$/];
const network = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT$)/;
/** What `pg` says, without any code, of a connection that ended under a query. */
const ended =
  /Connection terminated|connection error|timeout exceeded when trying to connect|Cannot use a pool/i;

/** A failure of the connection or of the moment, not of the event: the same will work later. */
export function isTransient(error: unknown): boolean {
  if (error instanceof LogUnavailable) return true;
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  if (/^[0-9A-Z]{5}$/.test(code) && passing.some((pattern) => pattern.test(code))) return true;
  // ENOENT is a socket that is gone only when it comes from `connect`.
  const isNetwork = network.test(code) && (code !== 'ENOENT' || 'address' in error);
  return isNetwork || ended.test(error.message) || isTransient(error.cause);
}

/** Names an error without its message, which may quote the row or the text that caused it. */
export function withoutContent(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no error was thrown';
  const details = ['code', 'table', 'column', 'constraint']
    .filter((key) => key in error && typeof error[key as never] === 'string')
    .map((key) => `${key}=${String(error[key as never])}`);
  const where = /\((?:file:\/\/)?[^()]*?((?:src|test)\/[^()]*)\)/.exec(error.stack ?? '')?.[1];
  return [error.name, ...details, ...(where === undefined ? [] : [`at ${where}`])].join(' ');
}
