import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import {
  type CommandId,
  type CommandRequest,
  type MemberId,
  type StreamName,
  aesSealer,
  commandHandler,
  heldStreams,
  load,
  localProgress,
  migrate,
  openEventLog,
  postgresDatabase,
  postgresKeyStore,
  postgresProjectionStore,
  postgresSnapshotStore,
  postgresViews,
  projectionEngine,
  projectionOpener,
  runAsTenant,
  sealEvents,
  streamOf,
  systemClock,
  systemIds,
} from '../palimpsest.ts';
import { type System, type ViewKind, type Views, textOf } from '../system.ts';
import { TENANT, byBody, byHeader, events, notes } from './palimpsest-slice.ts';

const member = randomUUID() as MemberId;
const projections = [byHeader, byBody];
const tableOf = (kind: ViewKind) => (kind === 'headers' ? byHeader : byBody);

/** Every event is sealed (AES-256-GCM under its document's key) before it is appended. */
export async function palimpsest(
  connections: { url: string; ownerUrl: string },
  eventStoreUrl?: string,
): Promise<System & { readonly views: Views }> {
  const database = postgresDatabase(connections);
  await migrate(database);
  const [clock, ids] = [systemClock, systemIds];
  const report = (message: string) => console.error(message);
  const log = await openEventLog({ eventStoreUrl, database, clock, ids, report });
  const store = postgresKeyStore(database);
  const sealer = aesSealer({ store, masterKey: randomBytes(32), clock, ids });
  const warn = (message: string, error: unknown) => {
    throw new Error(message, { cause: error });
  };
  const ports = { log, sealer, snapshots: postgresSnapshotStore(database), clock, ids, warn };
  const streams = heldStreams(ports, notes);
  const handle = commandHandler(ports, notes, streams);
  const nameOf = (stream: string): StreamName => streamOf(TENANT, 'document', stream);
  // As the command path does, which holds the folds of streams in use.
  const revisions = new Map<string, number>();
  let written = 0;
  const texts = (count: number) => Array.from({ length: count }, () => textOf(written++));

  const views = viewsOf({ database, log, sealer });
  return {
    name: eventStoreUrl === undefined ? 'Palimpsest' : 'Palimpsest on it',
    views,
    append: async (stream, count) => {
      const decided = texts(count).map((text, number) => ({
        type: 'Noted',
        data: { text, number },
      }));
      const context = { ...request(), now: clock.now() };
      const name = nameOf(stream);
      const seal = await sealEvents(sealer, events, name, decided, context);
      const { revision } = await log.append(name, revisions.get(stream) ?? 'none', seal);
      revisions.set(stream, revision);
    },
    command: (stream) => runAsTenant(TENANT, () => handle(stream, { texts: texts(1) }, request())),
    // Not in one step: so that the last snapshot is some events behind, as it usually is.
    fill: async (stream, count) => {
      for (let left = count; left > 0; left -= 150) {
        const command = { texts: texts(Math.min(left, 150)) };
        await runAsTenant(TENANT, () => handle(stream, command, request()));
      }
      await streams.settled();
    },
    load: (stream) =>
      runAsTenant(TENANT, async () => (await load(ports, notes, nameOf(stream))).state.count),
    close: async () => {
      await views.stop();
      await log.close();
      await database.close();
    },
  };
}

const request = (): CommandRequest => ({
  tenant: TENANT,
  principal: { tenant: TENANT, member, roles: ['editor'], groups: [] },
  commandId: randomUUID() as CommandId,
  commandHash: Uint8Array.of(1),
  correlationId: randomUUID(),
});

type Parts = {
  readonly database: ReturnType<typeof postgresDatabase>;
  readonly log: Awaited<ReturnType<typeof openEventLog>>;
  readonly sealer: ReturnType<typeof aesSealer>;
};

function viewsOf({ database, log, sealer }: Parts): Views & { stop(): Promise<void> } {
  const store = postgresProjectionStore(database, systemClock);
  const read = postgresViews(database, projections);
  const engine = projectionEngine({
    source: log,
    open: projectionOpener(sealer, events),
    store,
    clock: systemClock,
    projections,
    owner: randomUUID(),
    progress: localProgress(),
    onError: (error) => console.error(error),
  });

  const count = (kind: ViewKind) =>
    runAsTenant(TENANT, () =>
      read.read(async (tables) => {
        const { rows } = await sql<{ streams: number; events: number }>`
          select count(*)::int as streams, coalesce(sum(events), 0)::int as events
            from ${sql.table(tableOf(kind).name)} where tenant_id = ${TENANT}`.execute(tables);
        return rows[0]!;
      }),
    );
  const isServed = async (generation: number, kind: ViewKind) =>
    (await store.standings([tableOf(kind)])).some(
      ({ lane, registered }) => registered && lane.generation === generation,
    );

  let running: Promise<void> | undefined;
  const start = async () => {
    await (running ??= engine.start());
    const head = await log.head();
    while ((await store.standings(projections)).some((one) => one.checkpoint.position < head)) {
      await sleep(20);
    }
  };
  return {
    count,
    start,
    rebuild: async (kind) => {
      await start();
      const { generation } = await store.begin(tableOf(kind));
      engine.nudge();
      const seen = { reads: 0, emptyReads: 0 };
      while (!(await isServed(generation, kind))) {
        const { streams } = await count(kind);
        seen.reads++;
        if (streams === 0) seen.emptyReads++;
        await sleep(10);
      }
      return seen;
    },
    seen: (stream) =>
      runAsTenant(TENANT, () =>
        read.read(async (tables) => {
          const { rows } = await sql<{ events: number }>`
            select events from ${sql.table(byHeader.name)}
             where tenant_id = ${TENANT} and stream = ${streamOf(TENANT, 'document', stream)}`.execute(
            tables,
          );
          return rows[0]?.events ?? 0;
        }),
      ),
    stop: async () => {
      if (running !== undefined) await engine.stop();
    },
  };
}
