import { randomBytes, randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { FastifyPluginAsync } from 'fastify';
import { Registry } from 'prom-client';
import { addressCounts } from '#api/edge/address-counts.ts';
import type { ServerDeps } from '#api/deps.ts';
import { createLogger } from '#api/logger.ts';
import { buildServer } from '#api/server.ts';
import { systemClock } from '#infra/system/clock.ts';
import { type MemberId, OPERATOR, PLATFORM, type TenantId } from '#domain/ids.ts';
import type { Principal, Role } from '#domain/rights.ts';

export const OPERATOR_KEY = 'operator-key-of-a-test';

export const principalOf = (tenant: string, ...roles: Role[]): Principal => ({
  tenant: tenant as TenantId,
  member: randomUUID() as MemberId,
  roles: roles.length > 0 ? roles : ['owner'],
  groups: [],
});

/** A server with just these routes, and what it logged. Keys: `plm_<tenant>_k_<anything>` of `people`. */
export async function serverWith(
  t: TestContext,
  routes: readonly FastifyPluginAsync[],
  more: Partial<ServerDeps> & { people?: Readonly<Record<string, Principal>> } = {},
) {
  const lines: string[] = [];
  const logger = createLogger('trace', { write: (line: string) => lines.push(line) });
  const { people = {}, ...deps } = more;
  const app = await buildServer(
    {
      logger,
      clock: systemClock,
      ids: {
        uuid: randomUUID,
        random: Math.random,
        bytes: (count) => randomBytes(count),
      },
      authentication: {
        byApiKey: async (key) => people[key],
        byToken: async () => undefined,
        byOperatorKey: (key) =>
          key === OPERATOR_KEY
            ? { tenant: PLATFORM, member: OPERATOR, roles: ['operator'], groups: [] }
            : undefined,
      },
      positions: { logId: 'testlog', head: async () => 0n, reached: async () => true },
      readiness: async () => ({ ready: true, waitingFor: [], degraded: [] }),
      standings: async () => [],
      refusals: {
        byRight: async () => {},
        summarise: async () => {},
        summariseSignIns: async () => {},
      },
      metrics: new Registry(),
      corsOrigins: [],
      trustedProxies: [],
      addresses: addressCounts({ redisUrl: undefined, clock: systemClock, warn: () => undefined }),
      ...deps,
    },
    routes,
  );
  t.after(() => app.close());
  return { app, lines };
}
