import type { FastifyInstance } from 'fastify';
import { Registry } from 'prom-client';
import type { AppendPorts } from '#commands/append-decided.ts';
import { issueApiKey } from '#commands/issue-api-key.ts';
import { refusalRecords } from '#commands/record-refusals.ts';
import { PLATFORM } from '#domain/ids.ts';
import { rolesOf } from '#domain/member/state.ts';
import { checkMasterKey } from '#infra/crypto/master-key.ts';
import { aesSealer } from '#infra/crypto/sealer.ts';
import type { Home } from '#infra/home/home.ts';
import { openEventLog } from '#infra/log/open-event-log.ts';
import { mustFollow } from '#infra/postgres/followed-log.ts';
import { postgresKeyStore } from '#infra/postgres/key-store.ts';
import { postgresViews } from '#infra/postgres/projections/views.ts';
import { postgresSnapshotStore } from '#infra/postgres/snapshot-store.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { addressCounts } from './edge/address-counts.ts';
import { aggregates } from './aggregates.ts';
import { auditing } from './auditing.ts';
import { authentication } from './authentication.ts';
import { comments } from './comments.ts';
import type { Config } from './config.ts';
import { reactions } from './reactions/reactions.ts';
import { observeConflicts } from './conflict-metrics.ts';
import { type Demo, seedDemo, seedPlans } from './demo.ts';
import type { ServerDeps } from './deps.ts';
import { documents } from './documents.ts';
import { everyView } from './every-view.ts';
import { generations } from './generations/generations.ts';
import { live as liveDocuments } from './live/live.ts';
import { liveRoutes } from './live/routes.ts';
import { createLogger } from './logger.ts';
import { projecting } from './projecting.ts';
import { adminPlanRoutes } from './routes/admin-plans.ts';
import { adminTenantRoutes } from './routes/admin-tenants.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { auditRoutes } from './routes/audit/routes.ts';
import { builtConsole, consoleRoutes } from './routes/console.ts';
import { documentRoutes } from './routes/documents/routes.ts';
import { groupRoutes } from './routes/groups.ts';
import { identityProviderRoutes } from './routes/identity-providers.ts';
import { memberRoutes } from './routes/members.ts';
import { policyRoutes } from './routes/policies.ts';
import { projectionRoutes } from './routes/projections.ts';
import { buildServer } from './server.ts';
import type { ServerRole } from './server-role.ts';
import { signingIn } from './signing-in.ts';
import { suggestions } from './suggestions.ts';
import { thenForget } from './then-forget.ts';
import { viewQueries } from './view-queries.ts';

export type Composed = {
  readonly app: FastifyInstance;
  /** Seeded on the first start of an embedded home. */
  readonly demo: Demo | undefined;
  /** Listens; answers the URL. */
  start(): Promise<string>;
  /** Finishes what is under way. The home stays open. */
  stop(): Promise<void>;
};

/** Ties every port to its adapter: the only file that knows them all. */
export async function compose(
  config: Config,
  home: Home,
  roles: ReadonlySet<ServerRole>,
): Promise<Composed> {
  const { database, masterKey } = home;
  const [clock, ids] = [systemClock, systemIds];
  const logger = createLogger(config.logLevel);
  const warn = (message: string, error?: unknown) => logger.warn({ err: error }, message);

  const keyStore = postgresKeyStore(database);
  await checkMasterKey(keyStore, masterKey, (count) => ids.bytes(count));
  const sealer = aesSealer({ store: keyStore, masterKey, ids, clock });
  const { eventStoreUrl } = config;
  const log = await openEventLog({ eventStoreUrl, database, clock, ids, report: warn });
  await mustFollow(database, log.logId);
  const snapshots = postgresSnapshotStore(database);
  const hear: AppendPorts['appended'] = (...news) => live.appended(...news);
  const streams = aggregates({ log, sealer, snapshots, clock, ids, warn, appended: hear });
  const projections = everyView({ log, sealer, snapshots, clock });
  const views = postgresViews(database, projections);
  const queries = viewQueries(views);
  const metrics = new Registry();
  const common = { database, log, sealer, streams, clock, ids, metrics, warn };
  const ofDocuments = documents(streams, views);
  const generation = generations({ ...common, config, queries, documents: ofDocuments });
  const projection = projecting({ ...common, config, home, roles, projections });
  observeConflicts(metrics, views);
  const reaction = reactions({ ...common, ...projection, config, queries, generation });
  const signIns = signingIn({
    streams,
    groupsOf: queries.groups.of,
    privateIssuers: config.privateIssuers,
    metrics,
    clock,
    warn,
  });
  const who = authentication({
    aggregates: streams,
    groupsOf: queries.groups.of,
    byToken: signIns.byToken,
    operatorKey: home.operatorKey,
    clock,
  });
  const changing = thenForget(() => who.forget());

  const around = { log, flow: projection.flow, sealer, clock, ids, metrics, warn };
  const live = liveDocuments({ streams, documents: ofDocuments, authentication: who, ...around });

  const refusing = { members: streams.members.handle, keys: streams.apiKeys.handle, clock };
  const server: ServerDeps = {
    logger,
    clock,
    ids,
    authentication: who,
    positions: { logId: log.logId, head: () => log.head(), reached: projection.reached },
    readiness: () => projection.readiness(generation.degraded),
    standings: projection.standings,
    refusals: { ...refusalRecords(refusing), summariseSignIns: signIns.summariseRefused },
    metrics,
    corsOrigins: config.corsOrigins,
    trustedProxies: config.trustedProxies,
    addresses: addressCounts({ ...config, clock, warn }),
  };
  const issue = changing(
    issueApiKey({
      keys: streams.apiKeys.handle,
      members: streams.members.handle,
      memberHistory: streams.members.history,
      tenantHistory: streams.tenants.history,
    }),
  );
  const issuing = { issue, randomBytes: (count: number) => ids.bytes(count) };
  const audit = auditing(log, sealer, streams);
  const dataRoutes = [
    documentRoutes({
      documents: ofDocuments,
      comments: comments(streams, ofDocuments, views),
      suggestions: suggestions(streams, ofDocuments, views, audit),
    }),
    liveRoutes(live.session, config.corsOrigins),
    memberRoutes({ handle: changing(streams.members.handle), view: queries.members }),
    groupRoutes({
      handle: changing(streams.groups.handle),
      memberExists: async (tenant, member) => {
        const { state } = await streams.members.history.newest(tenant, member);
        return rolesOf(state).length > 0;
      },
      view: queries.groups,
    }),
    apiKeyRoutes({ ...issuing, handle: changing(streams.apiKeys.handle), view: queries.apiKeys }),
    identityProviderRoutes({
      handle: changing(streams.identityProviders.handle),
      issuerAllowed: signIns.issuerAllowed,
      view: queries.identityProviders,
    }),
    ...generation.dataRoutes,
    ...reaction.dataRoutes,
    policyRoutes({ handle: streams.policies.handle, view: queries.policies }),
    auditRoutes(audit, { clock }),
    consoleRoutes(builtConsole, ids),
  ];
  const controlRoutes = [
    adminTenantRoutes({
      ...issuing,
      handle: changing(streams.tenants.handle),
      planPublished: async (plan) =>
        (await streams.plans.history.newest(PLATFORM, plan)).revision >= 0,
      view: queries.tenants,
    }),
    adminPlanRoutes({ handle: streams.plans.handle, view: queries.plans }),
    ...generation.controlRoutes,
    projectionRoutes(projection.operations),
  ];

  const app = await buildServer(server, [
    ...(roles.has('data') ? dataRoutes : []),
    ...(roles.has('control') ? controlRoutes : []),
  ]);
  if (roles.has('projector')) await projection.start();
  if (roles.has('worker')) await reaction.start();
  if (roles.has('data')) for (const part of [live, generation]) part.start();
  if (roles.has('control')) {
    await seedPlans(streams);
    await generation.seed(config.providers);
  }
  // Only a home of our own: nobody wants a demo in their database.
  const isDemo = config.databaseUrl === undefined && roles.has('data');
  const demo = isDemo ? await seedDemo({ streams, issue, keys: home.keys, ids }) : undefined;

  return {
    app,
    demo,
    start: async () => await app.listen({ host: config.host, port: config.port }),
    stop: async () => {
      await Promise.all([app.close(), generation.stop()]);
      await live.stop();
      await streams.settled();
      await reaction.stop();
      await projection.stop();
      await log.close();
    },
  };
}
