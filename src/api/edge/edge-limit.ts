import { isIP } from 'node:net';
import { callbackify } from 'node:util';
import rateLimit, { type FastifyRateLimitStore, normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type CountAddress, memoryAddressCounts } from '#infra/memory/address-counts.ts';
import type { ServerDeps } from '#api/deps.ts';
import { Problem } from '#api/problem.ts';

const MINUTE_MS = 60_000;

/** Generous, because a whole office may share an address; a key's 256 bits are not found by guessing. */
const FAILURES_PER_MINUTE = 120;
/** Without a key: pages, probes, upgrades to WebSocket, and addresses where there is nothing. */
const OPEN_PER_MINUTE = 3_000;
/** Of everything, to one process. It protects the process; what a tenant may is in its plan. */
const ALL_PER_MINUTE = 60_000;

type Counted = {
  readonly isOver: boolean;
  /** `RateLimit` fields as draft-ietf-httpapi-ratelimit-headers names them. */
  readonly headers: Readonly<Record<string, string>>;
};

declare module 'fastify' {
  interface FastifyInstance {
    /** One more credential from this address that opened nothing. */
    readonly countFailure: (request: FastifyRequest) => Promise<Counted>;
  }
}

/**
 * Limits what comes from one address, and from one /64 of IPv6, of which everybody has many
 * addresses. What is limited is counted before anything else is done about it.
 */
export async function limitAddresses(
  app: FastifyInstance,
  { addresses, clock }: Pick<ServerDeps, 'addresses' | 'clock'>,
): Promise<void> {
  const countHere = memoryAddressCounts(clock);
  await app.register(rateLimit, { global: false, store: storeOn(addresses.count) });
  app.addHook('onClose', async () => await addresses.close());
  const limited = (name: string, max: number) => {
    const keyGenerator = (request: FastifyRequest) => `${name}:${addressOf(request)}`;
    const count = app.createRateLimit({ max, timeWindow: MINUTE_MS, keyGenerator });
    return async (request: FastifyRequest): Promise<Counted> => {
      const counted = await count(request);
      if (counted.isAllowed) return { isOver: false, headers: {} };
      return countedAs(
        name,
        max,
        max - counted.remaining + Number(counted.isExceeded),
        counted.ttl,
      );
    };
  };
  const countOpen = limited('open', OPEN_PER_MINUTE);

  app.decorate('countFailure', limited('failures', FAILURES_PER_MINUTE));
  app.addHook('onRequest', async (request, reply) => {
    const { current, ttlMs } = await countHere(addressOf(request), MINUTE_MS);
    const all = countedAs('all', ALL_PER_MINUTE, current, ttlMs);
    if (all.isOver) throw new Problem('edge/too-many-requests', { headers: all.headers });
    const { audience } = request.routeOptions.config;
    if (!request.is404 && audience !== undefined && audience !== 'public') return;
    const { isOver, headers } = await countOpen(request);
    if (isOver) throw new Problem('edge/too-many-requests', { headers });
    reply.headers(headers);
  });
  // Nobody listens any more at the socket of an upgrade that was refused: it would stay for ever.
  app.addHook('onResponse', async ({ headers, raw }) => {
    if (headers.upgrade !== undefined) raw.socket.destroy();
  });
}

/**
 * Some proxies forward a port too, which is another one for each connection. What is no address
 * counts as the proxy's own, so that nobody is counted under names that they choose.
 */
function addressOf({ ip, socket }: FastifyRequest): string {
  const told = ip.replace(/^\[([^\]]*)\](?::\d+)?$|^([\d.]+):\d+$/, '$1$2');
  return normalizeIP(isIP(told) === 0 ? (socket.remoteAddress ?? '') : told);
}

function countedAs(name: string, max: number, current: number, ttlMs: number): Counted {
  const seconds = Math.max(1, Math.ceil(ttlMs / 1_000));
  const isOver = current > max;
  return {
    isOver,
    headers: {
      ratelimit: `"${name}";r=${Math.max(0, max - current)};t=${seconds}`,
      'ratelimit-policy': `"${name}";q=${max};w=${MINUTE_MS / 1_000}`,
      ...(isOver && { 'retry-after': String(seconds) }),
    },
  };
}

/** The library's store, which one `CountAddress` stands behind whatever is limited. */
const storeOn = (count: CountAddress) =>
  class implements FastifyRateLimitStore {
    incr(
      name: string,
      done: (error: Error | null, counted?: { current: number; ttl: number }) => void,
      windowMs: number,
    ): void {
      callbackify(count)(name, windowMs, (error, counted) => {
        done(error, counted && { current: counted.current, ttl: counted.ttlMs });
      });
    }
    child(): this {
      return this;
    }
  };
