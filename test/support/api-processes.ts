import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { Admission, Books } from '#commands/admission.ts';
import type { TenantId } from '#domain/ids.ts';
import { shippedPlans } from '#domain/plan/shipped-plans.ts';
import { type Node, type Shared, clusterNode } from '#deploy/cluster/nodes.ts';
import { freshDatabase } from './database.ts';
import { debitedIn, generationsIn, isOver, usedBy, usedIn } from './generations-in-log.ts';
import { type Caller, callerOf } from './journey.ts';
import type { Script } from './model-server/script.ts';
import { type ReceivedRequest, startModelServer } from './model-server/server.ts';
import { emptyHome, lastFirst, until } from './process.ts';
import { admissionAt } from './redis-admission.ts';
import { redisServer } from './redis.ts';

export type ApiProcesses = Awaited<ReturnType<typeof apiProcesses>>;
export type Api = Node & { as(key: string): Caller };

/** The counters are the processes' own: whoever looks at them must not mend them. */
const noBooks: Books = {
  read: () => Promise.reject(new Error('The counters are closed.')),
  beginEpoch: () => Promise.reject(new Error('The counters are closed.')),
  isNewest: async () => true,
};
const QUIET_WITHIN_MS = 90_000;

/** The whole application in processes of their own, on one Postgres and one Redis; one of them runs. */
export async function apiProcesses(t: TestContext, answer: (request: ReceivedRequest) => Script) {
  const redis = await redisServer(t);
  const directory = await emptyHome(t, 'palimpsest-processes-');
  const models = await startModelServer(answer);
  lastFirst(t, () => models.stop());
  const database = await freshDatabase(t);
  const operatorKey = randomBytes(24).toString('hex');
  const shared = {
    DATABASE_URL: database.url,
    DATABASE_OWNER_URL: database.ownerUrl,
    REDIS_URL: redis.url,
    PALIMPSEST_MASTER_KEY: randomBytes(32).toString('base64'),
    PALIMPSEST_OPERATOR_KEY: operatorKey,
    OPENAI_API_KEY: 'sk-of-the-platform-0123456789',
    OPENAI_BASE_URL: `${models.origin}/v1`,
    LOG_LEVEL: 'error',
  };
  /** With ways of its own to what it shares with the others, where there are any. */
  const start = async (name: string, roles: string, ways: Shared = {}): Promise<Api> => {
    const node = clusterNode(name, roles, { directory, shared: { ...shared, ...ways } });
    lastFirst(t, async () => await node.kill());
    await node.start();
    // The getters must stay getters: a process that is started again has another address.
    return Object.assign(node, { as: (key: string) => callerOf(node.url ?? '', key) });
  };
  const first = await start('first', 'data,control,projector,worker');
  const operator = first.as(operatorKey);
  const counters = admissionAt(t, redis.url, noBooks);

  return { redis, database, models, first, operator, counters, start: start };
}

/** A tenant on a plan like the largest, but for these figures, and its first owner's key. */
export async function tenantWith(
  { operator }: Pick<ApiProcesses, 'operator'>,
  tenantId: string,
  figures: object,
) {
  const largest = shippedPlans.find(({ planId }) => planId === 'enterprise')!.figures;
  const open = { ...largest, requestsPerMinute: null, concurrentGenerations: null };
  const plan = { name: tenantId, figures: { ...open, ...figures } };
  assert.equal((await operator.put(`/admin/v1/plans/${tenantId}`, plan)).status, 200);
  const tenant = { tenantId, name: tenantId, plan: tenantId };
  assert.equal((await operator.post('/admin/v1/tenants', tenant)).status, 201);
  const roles = ['owner'];
  const issued = await operator.post(`/admin/v1/tenants/${tenantId}/api-keys`, { roles });
  assert.equal(issued.status, 201, issued.text);
  return { tenantId: tenantId as TenantId, key: String(issued.json['key']) };
}

/** Waits until nothing is under way, and shows that Redis and the views have to the nano-dollar what the log has. */
export async function quietAndExact(
  counters: Pick<Admission, 'state'>,
  tenant: TenantId,
  owner: Caller,
) {
  await until(async () => (await generationsIn(owner)).every(isOver), QUIET_WITHIN_MS);
  const generations = await generationsIn(owner);
  for (const { windows, settled } of debitedIn(generations)) {
    const scopes = [...settled.keys()];
    const state = async () => await counters.state({ tenant, windows, scopes });
    await until(
      async () => [...(await state()).values()].every(({ open }) => open === 0),
      QUIET_WITHIN_MS,
    );
    const nothing = { tokens: 0, costNanoUsd: 0 };
    const expected = [...settled].map(([scope, sums]) => [
      scope,
      { settled: sums, held: { day: nothing, month: nothing }, open: 0 },
    ]);
    assert.deepEqual([...(await state())], expected);
  }
  assert.deepEqual(await usedIn(owner), usedBy(generations));
  return generations;
}
