import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock } from '#commands/ports.ts';
import type { Refusal } from '#domain/member/state.ts';
import type { Principal } from '#domain/rights.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { RefusalCounts, RefusalRecords } from './deps.ts';

const MINUTE_MS = 60_000;
/** Keys that are counted at the same time; above it the newest ones are only a metric. */
const MOST_KEYS = 10_000;

type Counted = { readonly principal: Principal; readonly counts: RefusalCounts };

/**
 * What was refused by right is an event, because someone will ask. What was malformed or too much
 * is counted, and is one event per key and minute, so that a flood cannot fill the log.
 */
export function recordRefusals(
  app: FastifyInstance,
  { byRight, summarise, summariseSignIns }: RefusalRecords,
  clock: Clock,
) {
  let counted = new Map<string, Counted>();
  const write = async (principal: Principal, work: () => Promise<void>) => {
    try {
      await runAsTenant(principal.tenant, work);
    } catch (error) {
      app.log.error({ error }, 'a refusal was not recorded');
    }
  };

  app.addHook('onResponse', async (request, reply) => {
    const { principal, problemCode } = request;
    if (principal === undefined || problemCode === undefined) return;
    if (request.routeOptions.config.audience !== 'tenant') return;
    if (problemCode.startsWith('right/')) {
      await write(principal, () => byRight(principal, refusalOf(request, problemCode), request.id));
    } else if (reply.statusCode === 429) {
      count(counted, principal, 'limited');
    } else if (/^(?:request|position)\//.test(problemCode)) {
      count(counted, principal, 'malformed');
    }
  });

  const flush = async () => {
    const ended = counted;
    counted = new Map();
    for (const { principal, counts } of ended.values()) {
      await write(principal, () => summarise(principal, counts));
    }
    await summariseSignIns();
  };
  const every = async () => {
    while (!app.closing.aborted) {
      await clock.sleep(MINUTE_MS, app.closing);
      await flush();
    }
  };
  app.addHook('onListen', async () => void every());
  app.decorate('flushRefusals', flush);
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Writes what was counted so far; runs every minute by itself once the server listens. */
    readonly flushRefusals: () => Promise<void>;
  }
}

function count(
  counted: Map<string, Counted>,
  principal: Principal,
  what: keyof RefusalCounts,
): void {
  const key = principal.apiKey;
  if (key === undefined) return;
  const { counts } = counted.get(key) ?? { counts: { malformed: 0, limited: 0 } };
  if (!counted.has(key) && counted.size >= MOST_KEYS) return;
  counted.set(key, { principal, counts: { ...counts, [what]: counts[what] + 1 } });
}

function refusalOf(request: FastifyRequest, code: string): Refusal {
  const action = request.routeOptions.config.action ?? 'document.read';
  const [resourceKind = ''] = action.split('.');
  const { id } = request.params as { id?: string };
  return { action, resourceKind, code, ...(id !== undefined && { resourceId: id }) };
}
