import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import type { Clock, EventLog, Sealer } from '#commands/ports.ts';
import { encodeBody } from '#domain/body.ts';
import {
  type DomainEvent,
  type EventDefinitions,
  type EventHeader,
  type EventOf,
  defineEvent,
  documentSubject,
} from '#domain/event.ts';
import { eventTypes } from '#domain/event-types.ts';
import type { CommandId, TenantId } from '#domain/ids.ts';
import { type StreamName, partsOf, streamOf } from '#domain/stream.ts';
import { memoryEventLog } from '#infra/memory/event-log.ts';
import { type Database } from '#infra/postgres/database.ts';
import { postgresProjectionStore } from '#infra/postgres/projections/store.ts';
import { type Views, postgresViews } from '#infra/postgres/projections/views.ts';
import { projectionOpener } from '#infra/crypto/open-events.ts';
import { systemClock } from '#infra/system/clock.ts';
import { runAsTenant } from '#infra/tenancy/tenant-context.ts';
import { type ProjectionEngine, projectionEngine } from '#projections/engine.ts';
import { projectionOperations } from '#projections/operations.ts';
import type { ProjectionStore } from '#projections/ports.ts';
import { type LocalProgress, localProgress } from '#projections/progress.ts';
import type { Projection } from '#projections/projection.ts';
import { reachedBy } from '#projections/reached.ts';
import { tableProjection } from '#projections/table-projection.ts';
import { freshDatabase } from './database.ts';
import { acme, headerOf, testSealer } from './sealing.ts';
import { z } from 'zod';

// The smallest projections there can be: a sum of what was counted, and a count of events.

export const noteEvents = {
  Counted: defineEvent({
    kind: 'document',
    version: 1,
    schema: z.object({ by: z.number() }),
    subject: documentSubject,
  }),
  Glanced: defineEvent({
    kind: 'document',
    version: 1,
    schema: z.object({}),
    subject: documentSubject,
  }),
} satisfies EventDefinitions;
type NoteEvent = EventOf<typeof noteEvents>;

export type SumRow = { document_id: string; sum: number; events: number; erased: boolean };
export type SumTables = { sums: SumRow & { tenant_id: string } };

const documentOf = (header: EventHeader) => ({ document_id: partsOf(header.stream)!.id });

/** Counting 13 is the poison that it cannot take, as long as `unlucky` says so. */
export const sums = ({
  version = 1,
  partitions = 1,
  unlucky = (): boolean => false,
} = {}): Projection =>
  tableProjection<SumRow, 'document_id', NoteEvent>({
    name: 'sums',
    version,
    partitions,
    columns: {
      document_id: 'uuid not null',
      sum: 'integer not null',
      events: 'integer not null',
      erased: 'boolean not null',
    },
    key: ['document_id'],
    keyOf: documentOf,
    body: {
      Counted: (row = none, { data }) => {
        if (data.by === 13 && unlucky()) throw new Error(`unlucky ${data.by}`);
        return { ...row, sum: row.sum + data.by, events: row.events + 1 };
      },
    },
    erased: (row = none) => ({ ...row, events: row.events + 1, erased: true }),
  });

const none: SumRow = { document_id: '', sum: 0, events: 0, erased: false };

export type World = {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly sealer: Sealer;
  readonly store: ProjectionStore;
  readonly errors: unknown[];
};

export async function projectionWorld(
  t: TestContext,
  {
    clock = systemClock,
    log = memoryEventLog({ clock }),
  }: { readonly clock?: Clock; readonly log?: EventLog } = {},
): Promise<World> {
  const database = await freshDatabase(t);
  const store = postgresProjectionStore(database, clock);
  return { database, clock, log, store, sealer: testSealer({ clock }), errors: [] };
}

/** What a test wants to stop in the middle of: `inside` resolves there, `goOn` ends the pause. */
export function pause(t: TestContext) {
  const inside = Promise.withResolvers<void>();
  const resumed = Promise.withResolvers<void>();
  t.after(() => resumed.resolve());
  return {
    inside: inside.promise,
    goOn: resumed.resolve,
    reach: async () => {
      inside.resolve();
      await resumed.promise;
    },
  };
}

/** The same projection, stopping before or after each batch it takes. */
export const stopping = (
  projection: Projection,
  before: () => Promise<void>,
  after: () => Promise<void> = async () => undefined,
): Projection => ({
  ...projection,
  handle: async (events, tables) => {
    await before();
    await projection.handle(events, tables);
    await after();
  },
});

export type Process = {
  readonly engine: ProjectionEngine;
  readonly progress: LocalProgress;
  readonly views: Views;
};

/** One projector process on a world that it may share with others. Stops when the test ends. */
export async function projector(
  t: TestContext,
  world: World,
  projections: readonly Projection[],
  changes: { readonly log?: EventLog; readonly definitions?: EventDefinitions } = {},
): Promise<Process> {
  const progress = localProgress();
  const engine = projectionEngine({
    source: changes.log ?? world.log,
    open: projectionOpener(world.sealer, changes.definitions ?? noteEvents),
    store: world.store,
    clock: world.clock,
    projections,
    owner: randomUUID(),
    progress,
    onError: (error) => world.errors.push(error),
  });
  t.after(() => engine.stop());
  await engine.start();
  return { engine, progress, views: postgresViews(world.database, projections) };
}

/** What an operator can do; what it asks for begins at once when a process is given. */
export const operations = (world: World, projections: readonly Projection[], process?: Process) =>
  projectionOperations({
    ...world,
    source: world.log,
    open: projectionOpener(world.sealer, noteEvents),
    projections,
    ...(process && { nudge: () => process.engine.nudge() }),
  });

/** Waits until the views of this process show everything that is in the log. */
export async function caughtUp(
  { store, log }: Pick<World, 'store' | 'log'>,
  { progress }: Pick<Process, 'progress'>,
  projections: readonly Projection[],
  tenant: TenantId = acme,
): Promise<void> {
  const reached = reachedBy({ store, clock: systemClock, projections, progress });
  const names = projections.map(({ name }) => name);
  const isReached = await reached(tenant, names, await log.head(), AbortSignal.timeout(10_000));
  if (!isReached) throw new Error(`${names.join(', ')} did not catch up.`);
}

/** Waits for something that another loop does, on the machine's own time. */
export async function eventually(
  isSo: () => boolean | Promise<boolean>,
  what = 'it',
): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    if (await isSo()) return;
    await systemClock.sleep(5);
  }
  throw new Error(`Waited too long until ${what}.`);
}

export const newDocument = (tenant: TenantId = acme): StreamName =>
  streamOf(tenant, 'document', randomUUID());

export type Note = { readonly by?: number } & Partial<
  Pick<EventHeader, 'unfinished' | 'parts' | 'commandId' | 'commandIndex' | 'recordedAt'>
>;

/** Appends the events of one command as the command path would seal them. */
export async function append(
  { log, sealer }: Pick<World, 'log' | 'sealer'>,
  stream: StreamName,
  events: DomainEvent | readonly DomainEvent[],
  {
    definitions = eventTypes,
    ...header
  }: Partial<EventHeader> & {
    readonly definitions?: EventDefinitions;
  } = {},
): Promise<bigint> {
  const { tenant, id } = partsOf(stream)!;
  const [first, ...more] = [events].flat() as [DomainEvent, ...DomainEvent[]];
  const subject = definitions[first.type]!.subject({ id }, first.data);
  const key = await (subject === undefined
    ? sealer.plainKey(tenant)
    : sealer.keyFor(tenant, subject));
  const commandId = randomUUID() as CommandId;
  const { position } = await log.append(stream, 'any', ({ revision, notBefore }) =>
    [first, ...more].map(({ type, data }, index) =>
      key.seal(
        headerOf({
          stream,
          tenant,
          revision: revision + index,
          type,
          commandId,
          commandIndex: index,
          recordedAt: notBefore ?? new Date().toISOString(),
          ...header,
        }),
        encodeBody(data),
      ),
    ),
  );
  return position;
}

/** Appends one event: `by` counted, or just a glance. */
export const note = (
  world: Pick<World, 'log' | 'sealer'>,
  stream: StreamName,
  { by, ...header }: Note = {},
): Promise<bigint> =>
  append(
    world,
    stream,
    by === undefined ? { type: 'Glanced', data: {} } : { type: 'Counted', data: { by } },
    { ...header, definitions: noteEvents },
  );

export const readSum = (
  views: Views,
  stream: StreamName,
): Promise<Omit<SumRow, 'document_id'> | undefined> => {
  const { tenant, id } = partsOf(stream)!;
  return runAsTenant(tenant, () =>
    views.read<Omit<SumRow, 'document_id'> | undefined, SumTables>((tables) =>
      tables
        .selectFrom('sums')
        .select(['sum', 'events', 'erased'])
        .where('tenant_id', '=', tenant)
        .where('document_id', '=', id)
        .executeTakeFirst(),
    ),
  );
};
