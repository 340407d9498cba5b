const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT']);

/** Postgres classes 08 (connection), 53 (resources) and 57 (shut down): try again, it is not the request. */
const SQLSTATE = /^(?:08|53|57)[0-9A-Z]{3}$/;

const IN_WORDS =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client (?:was closed|has encountered a connection error))/;

/** Whether an error says that Postgres cannot be reached, rather than that a query is wrong. */
export function isDatabaseDown(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, syscall } = error as Error & { code?: unknown; syscall?: unknown };
  if (typeof code === 'string') {
    return SQLSTATE.test(code) || (NETWORK.has(code) && syscall !== 'open');
  }
  // node-postgres names these in words only.
  return IN_WORDS.test(error.message);
}
