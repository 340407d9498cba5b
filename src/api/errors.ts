import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { AdmissionUnavailable } from '#commands/admission.ts';
import {
  AppendTooLarge,
  CommandContended,
  LogUnavailable,
  MAX_APPEND_BYTES,
  WrongExpectedRevision,
} from '#commands/ports.ts';
import { Rejected, type RejectionCode } from '#domain/rejected.ts';
import { KeysUnavailable } from '#infra/oidc/keys-unavailable.ts';
import { isDatabaseDown } from './database-down.ts';
import { fieldErrors } from './field-errors.ts';
import {
  type FieldError,
  Problem,
  type ProblemDetails,
  type TransportCode,
  transportProblems,
} from './problem.ts';
import { rejectionStatus } from './rejection-status.ts';

/** RFC 9457, with our code beside the type; `correlationId` finds the request in our logs. */
export type ProblemBody = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly correlationId: string;
  readonly errors?: readonly FieldError[];
  readonly [detail: string]: unknown;
};

type Answer = {
  readonly code: TransportCode | RejectionCode;
  readonly status: number;
  readonly title: string;
  readonly details?: ProblemDetails;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
};

/** `more` adds what clients of another API look for in a refusal. */
export function replyWithProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  more: (problem: ProblemBody) => object = () => ({}),
) {
  const answer = answerOf(error, request);
  if (answer.code === 'internal') request.log.error({ error }, 'unexpected error');
  request.problemCode = answer.code;
  const body = bodyOf(answer, request);
  return reply
    .code(answer.status)
    .headers({ ...answer.headers, 'cache-control': 'no-store' })
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send({ ...body, ...more(body) });
}

/** The refusal that an error is, for where it cannot be an answer of its own. */
export const problemOf = (error: unknown, request: FastifyRequest): ProblemBody =>
  bodyOf(answerOf(error, request), request);

const bodyOf = (answer: Answer, { id }: FastifyRequest): ProblemBody => ({
  ...answer.details,
  type: `/problems/${answer.code}`,
  title: answer.title,
  status: answer.status,
  code: answer.code,
  correlationId: id,
  ...(answer.errors?.length ? { errors: answer.errors } : {}),
});

function answerOf(error: unknown, request: FastifyRequest): Answer {
  if (error instanceof Rejected) {
    const { code, message, details } = error;
    const headers = whenItFrees(error);
    return { code, status: rejectionStatus[code], title: message, details, headers };
  }
  if (error instanceof Problem) return transport(error.code, error);
  if (hasZodFastifySchemaValidationErrors(error)) {
    const { overLimit, errors } = fieldErrors(error);
    return transport(overLimit ? 'request/over-limit' : 'request/invalid', { errors });
  }
  if (error instanceof WrongExpectedRevision) {
    return transport('stream/wrong-revision', { details: { revision: error.actual } });
  }
  if (error instanceof AppendTooLarge) {
    return transport('log/too-large', { details: { limit: MAX_APPEND_BYTES } });
  }
  return unavailable(error) ?? ofFramework(error, request) ?? transport('internal');
}

/**
 * `Retry-After` in whole seconds, rounded up, else the client comes too early; and the limit as
 * draft-ietf-httpapi-ratelimit-headers names it, with nothing remaining until then.
 */
function whenItFrees({
  details: { limit, freesInMs },
}: Rejected): Readonly<Record<string, string>> {
  if (typeof freesInMs !== 'number') return {};
  const seconds = Math.ceil(freesInMs / 1_000);
  const rate = limit !== undefined && { ratelimit: `"${limit}";r=0;t=${seconds}` };
  return { 'retry-after': String(seconds), ...rate };
}

const retryAfter = (seconds: number) => ({ headers: { 'retry-after': String(seconds) } });

function unavailable(error: unknown): Answer | undefined {
  if (error instanceof CommandContended) return transport('command/contended', retryAfter(1));
  if (error instanceof LogUnavailable) return transport('log/unavailable', retryAfter(2));
  if (error instanceof KeysUnavailable) return transport('auth/keys-unavailable', retryAfter(5));
  if (error instanceof AdmissionUnavailable) return transport('budget/unavailable', retryAfter(1));
  return isDatabaseDown(error) ? transport('view/unavailable', retryAfter(2)) : undefined;
}

const frameworkCodes: Readonly<Record<string, TransportCode>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'request/unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'request/too-large',
  FST_ERR_NOT_FOUND: 'route/not-found',
};

/** What Fastify refuses before a route is reached. Its own words may quote the request. */
function ofFramework(error: unknown, request: FastifyRequest): Answer | undefined {
  const { code, statusCode } = error as Partial<FastifyError>;
  if (!code?.startsWith('FST_') || statusCode === undefined || statusCode >= 500) return undefined;
  const ours = frameworkCodes[code] ?? 'request/malformed';
  const limit = request.routeOptions.bodyLimit;
  if (ours === 'request/too-large') return transport(ours, { details: { limitBytes: limit } });
  return transport(ours);
}

function transport(code: TransportCode, more: Omit<Answer, 'code' | 'status' | 'title'> = {}) {
  const [status, title] = transportProblems[code];
  const { details, errors, headers } = more;
  return {
    code,
    status,
    title,
    ...(details && { details }),
    ...(errors && { errors }),
    ...(headers && { headers }),
  };
}

/** Every code and its status, for `/problems/*` and the documentation. */
export const problemCatalogue: Readonly<Record<string, number>> = {
  ...rejectionStatus,
  ...Object.fromEntries(
    Object.entries(transportProblems).map(([code, [status]]) => [code, status]),
  ),
};
