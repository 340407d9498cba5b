import { parentPort, workerData } from 'node:worker_threads';
import { createLogger } from '#api/logger.ts';
import { everyView } from '#api/every-view.ts';
import { projectionOpener } from '#infra/crypto/open-events.ts';
import { aesSealer } from '#infra/crypto/sealer.ts';
import { openEventLog } from '#infra/log/open-event-log.ts';
import { postgresDatabase } from '#infra/postgres/database.ts';
import { postgresKeyStore } from '#infra/postgres/key-store.ts';
import { postgresProjectionStore } from '#infra/postgres/projections/store.ts';
import { postgresSnapshotStore } from '#infra/postgres/snapshot-store.ts';
import { systemClock } from '#infra/system/clock.ts';
import { systemIds } from '#infra/system/ids.ts';
import { projectionEngine } from '#projections/engine.ts';
import { localProgress } from '#projections/progress.ts';
import { announcedProgress } from './announced-progress.ts';
import type { FromProjector, ProjectorSettings, ToProjector } from './messages.ts';

// The thread that fills the views, with its own connections and its own reading of the log.

/** Of each pool: the engine commits four transactions at once, and looks after its leases beside them. */
const POOL_SIZE = 5;

const { connections, masterKey, eventStoreUrl, logLevel, owner } = workerData as ProjectorSettings;
const main = parentPort!;
const send = (message: FromProjector) => main.postMessage(message);
const [clock, ids] = [systemClock, systemIds];
const logger = createLogger(logLevel);
const warn = (message: string, error?: unknown) => logger.warn({ err: error }, message);

const database = postgresDatabase({ ...connections, poolSize: POOL_SIZE });
const sealer = aesSealer({ store: postgresKeyStore(database), masterKey, ids, clock });
const log = await openEventLog({ eventStoreUrl, database, clock, ids, report: warn });
const snapshots = postgresSnapshotStore(database);
const progress = localProgress();
const engine = projectionEngine({
  source: log,
  open: projectionOpener(sealer),
  store: postgresProjectionStore(database, clock),
  clock,
  projections: everyView({ log, sealer, snapshots, clock }),
  owner,
  progress: announcedProgress(progress, send),
  onError: (error) => {
    warn('a projection tries again', error);
    if (engine.failure !== undefined) send({ type: 'failed', reason: engine.failure.message });
  },
});

const wishes = new Map<number, () => void>();
const starting = engine.start();

main.on('message', (message: ToProjector) => {
  switch (message.type) {
    case 'want':
      wishes.set(message.wish, progress.want(message.views, message.position));
      return;
    case 'want no more':
      wishes.get(message.wish)?.();
      wishes.delete(message.wish);
      return;
    case 'nudge':
      engine.nudge();
      return;
    case 'stop':
      void stop();
  }
});

async function stop(): Promise<void> {
  // A start that is still under way would go on with connections that are closed.
  await starting;
  await engine.stop();
  await log.close();
  await database.close();
  // Of a thread, this ends the thread: a library's forgotten timer must not keep it.
  process.exit();
}

await starting;
send({ type: 'started' });
