import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { Registry } from 'prom-client';
import { aggregates } from '#api/aggregates.ts';
import { authentication } from '#api/authentication.ts';
import { adminPlanRoutes } from '#api/routes/admin-plans.ts';
import { adminTenantRoutes } from '#api/routes/admin-tenants.ts';
import { apiKeyRoutes } from '#api/routes/api-keys.ts';
import { groupRoutes } from '#api/routes/groups.ts';
import { identityProviderRoutes } from '#api/routes/identity-providers.ts';
import { memberRoutes } from '#api/routes/members.ts';
import { signingIn } from '#api/signing-in.ts';
import { viewQueries } from '#api/view-queries.ts';
import { issueApiKey } from '#commands/issue-api-key.ts';
import type { Clock } from '#commands/ports.ts';
import { refusalRecords } from '#commands/record-refusals.ts';
import { PLATFORM } from '#domain/ids.ts';
import { memorySnapshotStore } from '#infra/memory/snapshot-store.ts';
import { postgresViews } from '#infra/postgres/projections/views.ts';
import { projectionOpener } from '#infra/crypto/open-events.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { apiKeys } from '#projections/api-keys.ts';
import { type ProjectionEngine, projectionEngine } from '#projections/engine.ts';
import { groups } from '#projections/groups.ts';
import { identityProviders } from '#projections/identity-providers.ts';
import { members } from '#projections/members.ts';
import { plans } from '#projections/plans.ts';
import { localProgress } from '#projections/progress.ts';
import { reachedBy } from '#projections/reached.ts';
import { tenants } from '#projections/tenants.ts';
import { OPERATOR_KEY, serverWith } from './http.ts';
import { projectionWorld } from './projections.ts';

const projections = [members, groups, apiKeys, identityProviders, tenants, plans];

/** A server for tenants, plans, members, groups, keys and identity providers, with its views in Postgres. */
export async function peopleServer(
  t: TestContext,
  {
    privateIssuers = [],
    signInClock = systemClock,
  }: { readonly privateIssuers?: readonly string[]; readonly signInClock?: Clock } = {},
) {
  const warnings: unknown[] = [];
  let running: ProjectionEngine | undefined;
  // Registered before the database's own end, which it must not outlive.
  t.after(() => running?.stop());
  const world = await projectionWorld(t);
  const { clock, log, store, sealer, database } = world;
  const all = aggregates({
    ...world,
    ids: systemIds,
    snapshots: memorySnapshotStore(),
    warn: (message, error) => world.errors.push(message, error),
  });
  const progress = localProgress();
  const engine = projectionEngine({
    source: log,
    open: projectionOpener(sealer),
    store,
    clock,
    projections,
    owner: randomUUID(),
    progress,
    onError: (error) => world.errors.push(error),
  });
  running = engine;
  await engine.start();

  const queries = viewQueries(postgresViews(database, projections));
  const reached = reachedBy({ store, clock, projections, progress });
  const issue = issueApiKey({
    keys: all.apiKeys.handle,
    members: all.members.handle,
    memberHistory: all.members.history,
    tenantHistory: all.tenants.history,
  });
  const issuing = { issue, randomBytes: (count: number) => systemIds.bytes(count) };
  const refusing = { members: all.members.handle, keys: all.apiKeys.handle, clock };

  const metrics = new Registry();
  const signIns = signingIn({
    streams: all,
    groupsOf: queries.groups.of,
    privateIssuers,
    metrics,
    clock: signInClock,
    warn: (...what) => warnings.push(what),
  });

  const { app, lines } = await serverWith(
    t,
    [
      adminTenantRoutes({
        ...issuing,
        handle: all.tenants.handle,
        planPublished: async (plan) =>
          (await all.plans.history.newest(PLATFORM, plan)).state.status === 'published',
        view: queries.tenants,
      }),
      adminPlanRoutes({ handle: all.plans.handle, view: queries.plans }),
      memberRoutes({ handle: all.members.handle, view: queries.members }),
      groupRoutes({
        handle: all.groups.handle,
        memberExists: async (tenant, id) =>
          (await all.members.history.newest(tenant, id)).state.status !== 'missing',
        view: queries.groups,
      }),
      apiKeyRoutes({ ...issuing, handle: all.apiKeys.handle, view: queries.apiKeys }),
      identityProviderRoutes({
        handle: all.identityProviders.handle,
        issuerAllowed: signIns.issuerAllowed,
        view: queries.identityProviders,
      }),
    ],
    {
      clock,
      positions: { logId: log.logId, head: () => log.head(), reached },
      authentication: authentication({
        aggregates: all,
        groupsOf: queries.groups.of,
        byToken: signIns.byToken,
        operatorKey: OPERATOR_KEY,
        clock,
      }),
      metrics,
      refusals: {
        ...refusalRecords(refusing),
        summariseSignIns: signIns.summariseRefused,
      },
    },
  );

  /** Sends JSON with a key. Reads wait for everything that was written before. */
  const send = async (
    key: string,
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    url: string,
    { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
  ) => {
    const head = await log.head();
    if (method === 'GET') {
      const names = projections.map(({ name }) => name);
      for (const tenant of new Set(
        (await log.readAll({ after: 0n, limit: 10_000 })).map((e) => e.header.tenant),
      )) {
        await reached(tenant, names, head, AbortSignal.timeout(10_000));
      }
    }
    return await app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${key}`, ...headers },
      ...(body && { payload: body }),
    });
  };
  return { app, send, log, lines, metrics, warnings, aggregates: all, errors: world.errors };
}

export type PeopleServer = Awaited<ReturnType<typeof peopleServer>>;
