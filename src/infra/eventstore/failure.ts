import { LogTampered, LogUnavailable } from '#commands/ports.ts';

// gRPC status codes (grpc.io/grpc/core/md_doc_statuscodes.html).
const INVALID_ARGUMENT = 3;

/** A tombstone: the stream was deleted for ever. */
export class StreamGone extends LogTampered {
  constructor() {
    super('A stream of the log was deleted for ever.');
  }
}

type ClientError = { readonly type?: unknown; readonly code?: unknown; readonly message?: unknown };

/**
 * What a client library says in an error's `type`; the first call to a dead server has none. `gone`
 * is for streams that were tombstoned.
 */
export type Failure =
  | 'wrong-revision'
  | 'not-found'
  | 'gone'
  | 'too-large'
  | 'refused'
  | 'no-such-position'
  | 'unknown';

const types: Readonly<Record<string, Failure>> = {
  'wrong-expected-version': 'wrong-revision',
  'stream-not-found': 'not-found',
  'no-stream': 'not-found',
  'stream-deleted': 'gone',
  'stream-tombstoned': 'gone',
  'maximum-append-size-exceeded': 'too-large',
  'transaction-max-size-exceeded': 'too-large',
  'access-denied': 'refused',
  'invalid-argument': 'no-such-position',
};

/** Everything that says nothing else is `unknown`: the call may have had its effect, or may have it yet. */
export function failureOf(error: unknown): Failure {
  const { type, code, message } = error as ClientError;
  // Subscriptions say it with a code, reads in words.
  if (code === INVALID_ARGUMENT || /InvalidPosition/.test(String(message)))
    return 'no-such-position';
  return (typeof type === 'string' ? types[type] : undefined) ?? 'unknown';
}

/** The error of a read in the port's words. */
export function readFailure(error: unknown): Error {
  if (error instanceof LogUnavailable || error instanceof LogTampered) return error;
  const failure = failureOf(error);
  if (failure === 'gone') return new StreamGone();
  if (failure === 'no-such-position')
    return new LogTampered('The log has no event at this position: it is another log.');
  const reason = failure === 'refused' ? 'it refuses our credentials' : reasonOf(error);
  return new LogUnavailable(reason, { cause: error });
}

/** In a few words, for operators. Client errors hold names of streams and hosts, never content. */
export function reasonOf(error: unknown): string {
  const { type, message } = error as ClientError;
  const text = typeof message === 'string' ? inShort(message) : '';
  if (text !== '') return text;
  return typeof type === 'string' ? type : 'no answer';
}

/** Without the frame that gRPC puts around what happened. */
const inShort = (message: string): string =>
  message
    .replace(/^\d+ [A-Z_]+: /, '')
    .replace(/^No connection established\. Last error: (?:Error: )?/, '')
    .replace(/\s*Resolution note:\s*$/, '')
    .replace(/[.\s]+$/, '');
