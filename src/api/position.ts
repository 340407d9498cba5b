import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Positions, Written } from './deps.ts';
import { Problem } from './problem.ts';

const LONGEST_WAIT_MS = 5_000;
const LARGEST = 2n ** 63n - 1n;

/** How a position travels outside: another log's must not be taken for ours. */
export const positionText = (logId: string, position: bigint) => `${logId}.${position}`;

export function positionFrom(logId: string, text: string): bigint {
  const parts = /^(?<log>[\w-]{1,64})\.(?<position>\d{1,19})$/.exec(text)?.groups;
  const position = BigInt(parts?.['position'] ?? -1);
  if (position < 0n || position > LARGEST) throw new Problem('position/malformed');
  if (parts?.['log'] !== logId) throw new Problem('position/other-log');
  return position;
}

/**
 * `Palimpsest-Min-Position` on a read: waits until the views that the route reads (its `views`)
 * hold that position for the caller's tenant, and for every tenant where the operator reads, so
 * that a client reads what it wrote.
 */
export function awaitMinPosition(app: FastifyInstance, positions: Positions) {
  app.addHook('preHandler', async (request) => {
    const wanted = request.headers['palimpsest-min-position'];
    if (wanted === undefined || !isRead(request)) return;
    const position = positionFrom(positions.logId, String(wanted));
    if (position > (await positions.head())) throw new Problem('position/beyond-head');
    const { views, audience } = request.routeOptions.config;
    if (!views?.length) return;
    const tenant = audience === 'tenant' ? request.principal.tenant : undefined;
    const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
    const reached = await positions.reached(tenant, views, position, signal);
    if (!reached) throw new Problem('position/not-reached', { headers: { 'retry-after': '2' } });
  });
}

const isRead = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD';

/** Every write says where it stands in the log, and what the object's revision is now. */
export function replyWritten(reply: FastifyReply, { revision, position }: Written): FastifyReply {
  if (revision >= 0) reply.header('etag', `"${revision}"`);
  const { logId } = reply.server;
  return position === undefined
    ? reply
    : reply.header('palimpsest-position', positionText(logId, position));
}
