/** What can be wrong with a request before the domain hears of it: status and what to tell the caller. */
export const transportProblems = {
  'request/invalid': [400, 'The request does not have the documented shape.'],
  'request/malformed': [400, 'The request could not be read.'],
  'request/not-json': [400, 'The body is not JSON.'],
  'request/not-utf8': [400, 'The body is not UTF-8.'],
  'request/unstorable-text': [
    400,
    'A text holds U+0000 or half of a surrogate pair, which cannot be stored.',
  ],
  'request/too-deep': [400, 'The body is nested too deeply.'],
  'request/forbidden-key': [400, 'A key in the body is not allowed.'],
  'request/over-limit': [422, 'A value is over a limit.'],
  'request/too-large': [413, 'The body is too large.'],
  'request/headers-too-large': [431, 'The headers are too large.'],
  'request/timeout': [408, 'The request took too long to arrive.'],
  'request/unsupported-media-type': [
    415,
    'The body must be application/json in UTF-8, not compressed.',
  ],
  'request/not-acceptable': [406, 'None of the accepted media types is offered.'],
  'request/two-preconditions': [400, 'If-Match insists and baseRevision merges: send one of them.'],
  'request/bad-idempotency-key': [400, 'Idempotency-Key is 1 to 255 visible ASCII characters.'],
  'request/bad-precondition': [400, 'The precondition is not an ETag that this API gave out.'],
  'request/bad-cursor': [400, 'The cursor was not made by this list.'],
  'route/not-found': [404, 'There is nothing at this address.'],
  'route/method-not-allowed': [405, 'This address does not have this method.'],
  'auth/missing': [401, 'Send `Authorization: Bearer <key or access token>`.'],
  'auth/invalid': [401, 'The key or token is not valid here.'],
  'auth/too-many-failures': [429, 'Too many invalid keys or tokens came from this address.'],
  'edge/too-many-requests': [429, 'Too many requests came from this address.'],
  'auth/keys-unavailable': [503, 'The keys of the identity provider cannot be fetched now.'],
  'position/malformed': [400, 'A position reads `<log id>.<number>`.'],
  'position/other-log': [400, 'The position belongs to another log.'],
  'position/beyond-head': [400, 'The position is beyond the end of the log.'],
  'position/not-reached': [503, 'The views have not reached this position yet.'],
  'stream/wrong-revision': [412, 'It was changed since the revision you insist on.'],
  'console/not-built': [
    404,
    'The page was not built: run `npm run build` where the server is installed.',
  ],
  'live/upgrade-required': [426, 'This address speaks WebSocket only.'],
  'live/foreign-origin': [403, 'Pages of this origin may not connect; the operator lists origins.'],
  'command/contended': [503, 'Too many commands at once on this object; try again.'],
  'log/too-large': [413, 'The outcome is larger than the log takes at once.'],
  'log/unavailable': [503, 'The log cannot be reached; nothing is known to be written.'],
  'budget/unavailable': [503, 'Budgets cannot be counted now, so nothing is admitted.'],
  'view/unavailable': [503, 'The views cannot be reached.'],
  'projection/not-found': [404, 'There is no such projection.'],
  'dead-letter/not-found': [404, 'There is no such dead letter.'],
  'server/closing': [503, 'The server is about to stop.'],
  internal: [500, 'Something went wrong on our side.'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type TransportCode = keyof typeof transportProblems;

/** One thing that is wrong with one field: where it is and what is accepted, never what was sent. */
export type FieldError = {
  readonly in: 'body' | 'query' | 'path' | 'headers';
  readonly path: string;
  readonly message: string;
};

export type ProblemDetails = Readonly<Record<string, string | number>>;

/** Thrown by the edge (hooks, parsers, codecs); `errors.ts` turns it into an answer. */
export class Problem extends Error {
  readonly code: TransportCode;
  readonly details: ProblemDetails;
  readonly errors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: TransportCode,
    more: {
      readonly details?: ProblemDetails;
      readonly errors?: readonly FieldError[];
      readonly headers?: Readonly<Record<string, string>>;
    } = {},
  ) {
    super(transportProblems[code][1]);
    this.name = 'Problem';
    this.code = code;
    this.details = more.details ?? {};
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
  }
}
