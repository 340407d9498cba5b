import { Counter, type Registry } from 'prom-client';
import type { Clock, Ids, Sealer } from '#commands/ports.ts';
import { projectionOpener } from '#infra/crypto/open-events.ts';
import type { Home } from '#infra/home/home.ts';
import type { OpenedEventLog } from '#infra/log/open-event-log.ts';
import type { Database } from '#infra/postgres/database.ts';
import { postgresProjectionStore } from '#infra/postgres/projections/store.ts';
import { runAsNoTenant } from '#infra/tenancy/tenant-context.ts';
import { projectionOperations } from '#projections/operations.ts';
import type { Projection } from '#projections/projection.ts';
import { reachedBy } from '#projections/reached.ts';
import { readiness, standingsOf } from '#projections/standing.ts';
import type { Aggregates } from './aggregates.ts';
import type { Config } from './config.ts';
import type { ProjectionDeps, Readiness } from './deps.ts';
import type { ProjectorSettings } from './projector/messages.ts';
import { projectorHere } from './projector/projector-here.ts';
import { projectorThread } from './projector/projector-thread.ts';
import type { ServerRole } from './server-role.ts';

export type ProjectingPorts = {
  readonly database: Database;
  readonly log: OpenedEventLog;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly projections: readonly Projection[];
  readonly streams: Pick<Aggregates, 'projections'>;
  readonly metrics: Registry;
  readonly config: Pick<Config, 'projectorThread' | 'eventStoreUrl' | 'logLevel'>;
  readonly home: Pick<Home, 'connections' | 'masterKey'>;
  readonly roles: ReadonlySet<ServerRole>;
  readonly warn: (message: string, error?: unknown) => void;
};

/** The views: what fills them (when this process does), and what is known of how far they are. */
export function projecting(ports: ProjectingPorts) {
  const { database, log, sealer, clock, ids, projections, streams, metrics, warn } = ports;
  const threadsEnded = new Counter({
    name: 'palimpsest_projector_threads_ended_total',
    help: 'Threads that filled the views of this process, ended, and were followed by another one.',
    registers: [metrics],
  });
  // Where positions have no holes the newest one counts the events.
  const source = log.isGapFree ? { ...log, count: () => log.head() } : log;
  const store = postgresProjectionStore(database, clock);
  const open = projectionOpener(sealer);
  const owner = ids.uuid();
  const onError = (error: unknown) => warn('a projection tries again', error);
  const onEnded = (error: unknown) => {
    threadsEnded.inc();
    warn('the thread that fills the views has ended, and another one is started', error);
  };
  const { roles, config } = ports;
  // Of a process that does nothing else, the main thread is as good as any.
  const inThread = config.projectorThread && roles.has('projector') && roles.size > 1;
  const projector = inThread
    ? projectorThread({ source, clock, settings: settingsOf(ports, owner), onError, onEnded })
    : projectorHere({ source, open, store, clock, projections, owner, onError });
  const { progress } = projector;
  const standing = { source, store, clock, projections, progress };
  const operations = projectionOperations({
    source,
    open,
    store,
    projections,
    nudge: () => projector.nudge(),
  });
  const standings = () => standingsOf(standing);

  return {
    start: () => projector.start(),
    stop: () => projector.stop(),
    flow: projector.flow,
    standings,
    reached: reachedBy({ store, clock, projections, progress }),

    /** `degraded` tells of what is no view. */
    readiness: async (degraded: () => Promise<readonly string[]>): Promise<Readiness> => {
      const failed = projector.failure === undefined ? [] : [projector.failure];
      const behind = (await readiness(standing)).filter(({ caughtUp }) => !caughtUp);
      const waitingFor = [...failed, ...behind.map(({ name }) => `view ${name}`)];
      return { ready: waitingFor.length === 0, waitingFor, degraded: await degraded() };
    },

    operations: {
      standings: ofEveryTenant(standings),
      rebuild: ofEveryTenant(operations.rebuild),
      cancel: ofEveryTenant(operations.cancel),
      deadLetters: ofEveryTenant(operations.deadLetters),
      retry: ofEveryTenant(operations.retry),
      drop: ofEveryTenant((name, stream, meta) =>
        operations.drop(name, stream, async (letter) => {
          const command = {
            type: 'DropDeadLetters',
            projection: name,
            stream,
            count: letter.events,
          } as const;
          const { tenant } = letter;
          await streams.projections.handle(name, command, { ...meta, tenant });
        }),
      ),
    } satisfies ProjectionDeps,
  };
}

const settingsOf = (
  { config: { eventStoreUrl, logLevel }, home: { connections, masterKey } }: ProjectingPorts,
  owner: string,
): ProjectorSettings => ({ connections, masterKey, eventStoreUrl, logLevel, owner });

/** The operator asks in `platform`, about views that are made of every tenant's events. */
const ofEveryTenant =
  <Args extends readonly unknown[], T>(work: (...args: Args) => T) =>
  (...args: Args): T =>
    runAsNoTenant(() => work(...args));
