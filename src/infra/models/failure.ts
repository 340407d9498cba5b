import { ModelError, type ModelErrorKind } from '#domain/generation/model-error.ts';

/** What both client libraries' errors have in common, read without trusting either. */
export type Failure = {
  readonly status?: number | undefined;
  readonly headers?: Headers | undefined;
  /** The provider's own word for it: `insufficient_quota`, `overloaded_error`. */
  readonly words: readonly (string | null | undefined)[];
};

const byWord: Readonly<Record<string, ModelErrorKind>> = {
  insufficient_quota: 'quota-exhausted',
  billing_error: 'quota-exhausted',
  billing_hard_limit_reached: 'quota-exhausted',
  rate_limit_exceeded: 'rate-limited',
  rate_limit_error: 'rate-limited',
  overloaded_error: 'overloaded',
  api_error: 'overloaded',
  server_error: 'overloaded',
  timeout_error: 'timeout',
  context_length_exceeded: 'too-long',
  request_too_large: 'too-long',
  content_filter: 'refused',
  content_policy_violation: 'refused',
  authentication_error: 'auth',
  permission_error: 'auth',
  invalid_api_key: 'auth',
  invalid_request_error: 'invalid-request',
  not_found_error: 'invalid-request',
};

const byStatus: Readonly<Record<number, ModelErrorKind>> = {
  401: 'auth',
  402: 'quota-exhausted',
  403: 'auth',
  408: 'timeout',
  409: 'conflict',
  413: 'too-long',
  429: 'rate-limited',
  504: 'timeout',
};

/** The status says most; a word of the provider's own is more exact where it is one that we know. */
export function modelErrorOf({ status, headers, words }: Failure): ModelError {
  const word = words.find((one) => one != null && Object.hasOwn(byWord, one));
  const kind = kindOf(status, word == null ? undefined : byWord[word]);
  return new ModelError(kind, { status, retryAfterMs: headers && retryAfterMs(headers) });
}

function kindOf(status: number | undefined, named: ModelErrorKind | undefined): ModelErrorKind {
  // Nothing but an exhausted account is more exact than these statuses.
  const known = status === undefined ? undefined : byStatus[status];
  if (known !== undefined) return named === 'quota-exhausted' ? named : known;
  if (status === undefined) return named ?? 'overloaded';
  if (status >= 500) return 'overloaded';
  return named ?? 'invalid-request';
}

/** Of connections that were never made: nothing of the request can have arrived, or be billed. */
const neverConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** A connection that broke later may have brought the request to whoever answers and bills it. */
export function connectionErrorOf(error: unknown): ModelError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && neverConnected.has(String(cause.code))) {
      return new ModelError('unreachable');
    }
  }
  return new ModelError('cut');
}

const LONGEST_WAIT_MS = 3_600_000;

/** `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110); both providers send them. */
function retryAfterMs(headers: Headers): number | undefined {
  const exact = headers.get('retry-after-ms');
  if (exact !== null && /^\d+(\.\d+)?$/.test(exact)) return bounded(Number(exact));
  const given = headers.get('retry-after');
  if (given === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(given)) return bounded(Number(given) * 1_000);
  // Two dates of the provider's own clock, so that ours does not matter.
  const wait = Date.parse(given) - Date.parse(headers.get('date') ?? '');
  return Number.isNaN(wait) ? undefined : bounded(wait);
}

const bounded = (ms: number): number => Math.min(Math.max(0, Math.ceil(ms)), LONGEST_WAIT_MS);
