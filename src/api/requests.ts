import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type CommandId, commandIdOf } from '#domain/ids.ts';
import type { Action, Principal } from '#domain/rights.ts';
import type { CommandMeta } from './deps.ts';
import { revisionFrom } from './etag.ts';
import { Problem } from './problem.ts';

const DRAIN_MS = 8_000;

/** `tenant`: a member's key, on one tenant. `operator`: the operator's key. `public`: no key. */
export type Audience = 'tenant' | 'operator' | 'public';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whose key opens this route. The server does not start with a route that does not say. */
    audience?: Audience;
    /** What the route does, in the words of `domain/rights.ts`. Reads are checked against it. */
    action?: Action;
    /** The views it reads: what `Palimpsest-Min-Position` waits for. */
    views?: readonly string[];
  }
  interface FastifyRequest {
    /** Who asks. Set on every route but public ones, before the body is read. */
    principal: Principal;
    /** Whether the key that opened this request would still open it. */
    stillAllowed: () => Promise<boolean>;
    /** The body as it came: its hash tells a repeat from an idempotency key used for something else. */
    bodyBytes: Uint8Array | undefined;
    /** For metrics and the log line: why the request was refused. */
    problemCode: string | undefined;
  }
  interface FastifyInstance {
    /** Aborts when the server is about to stop, for answers that would not end by themselves. */
    readonly closing: AbortSignal;
    readonly logId: string;
    readonly freshCommandId: () => CommandId;
  }
}

/** What comes with every command of this request. Only the operator names another tenant. */
export function metaOf(request: FastifyRequest, tenant = request.principal.tenant): CommandMeta {
  const { principal, headers, server } = request;
  const key = idempotencyKey(headers['idempotency-key']);
  const expected = revisionFrom(headers['if-match']);
  const traceparent = traceparentFrom(headers['traceparent']);
  return {
    tenant,
    principal: { ...principal, tenant },
    commandId: key ? commandIdOf(tenant, principal.member, key) : server.freshCommandId(),
    isOnlyOnce: key === undefined,
    commandHash: hashOf(request),
    correlationId: request.id,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(expected === undefined ? {} : { expectedRevision: expected }),
  };
}

/**
 * What comes with the trace that a read leaves. Every read leaves one of its own: under an
 * idempotency key the second would count as a repeat of the first, and be hidden.
 */
export function readMetaOf(request: FastifyRequest): CommandMeta {
  const { tenant } = request.principal;
  const traceparent = traceparentFrom(request.headers['traceparent']);
  return {
    tenant,
    principal: request.principal,
    commandId: request.server.freshCommandId(),
    commandHash: hashOf(request),
    correlationId: request.id,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw new Problem('request/bad-idempotency-key');
}

/** W3C Trace Context, version 00 and what later versions must keep of it; a broken one is no reason to refuse. */
export function traceparentFrom(header: string | string[] | undefined): string | undefined {
  if (typeof header !== 'string') return undefined;
  const parts = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?=$|-)/;
  return parts.exec(header)?.[0];
}

function hashOf({ method, url, bodyBytes }: FastifyRequest): Uint8Array {
  const [path = ''] = url.split('?');
  const hash = createHash('sha256').update(`${method} ${path}\n`);
  return hash.update(bodyBytes ?? new Uint8Array()).digest();
}

export function decorateRequests(
  app: FastifyInstance,
  { logId, freshCommandId }: { logId: string; freshCommandId: () => CommandId },
) {
  app.decorate('logId', logId);
  app.decorate('freshCommandId', freshCommandId);
  const closing = new AbortController();
  app.decorate('closing', closing.signal);
  app.addHook('preClose', async () => {
    closing.abort();
    // An audit reading can take hours; whoever stops us waits ten seconds.
    setTimeout(() => app.server.closeAllConnections(), DRAIN_MS).unref();
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing.signal.aborted) reply.header('connection', 'close');
  });
  app.decorateRequest('principal');
  app.decorateRequest('bodyBytes', undefined);
  app.decorateRequest('problemCode', undefined);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('palimpsest-correlation-id', request.id);
    if (!closing.signal.aborted) return;
    throw new Problem('server/closing', { headers: { connection: 'close', 'retry-after': '5' } });
  });
}
