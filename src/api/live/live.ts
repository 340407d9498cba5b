import type { Registry } from 'prom-client';
import type { Aggregates } from '#api/aggregates.ts';
import type { DocumentDeps } from '#api/document-deps.ts';
import type { Authentication } from '#api/deps.ts';
import { openEvent } from '#commands/envelope.ts';
import type { AppendPorts } from '#commands/append-decided.ts';
import type { Clock, EventLog, Ids, Sealer } from '#commands/ports.ts';
import type { Happened } from '#commands/rooms/room.ts';
import { rooms as openRooms } from '#commands/rooms/rooms.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { partsOf } from '#domain/stream.ts';
import { changeInspector } from '#infra/automerge/change-inspector.ts';
import { runAsNoTenant, runAsTenant } from '#infra/tenancy/tenant-context.ts';
import type { Follower } from '#projections/follower.ts';
import { eventsAfter } from '#projections/lane-events.ts';
import { liveMetrics } from './metrics.ts';
import type { SessionPorts } from './session.ts';
import { liveSessions } from './sessions.ts';
import { liveTickets } from './tickets.ts';

export type LivePorts = {
  readonly streams: Aggregates;
  readonly documents: DocumentDeps;
  readonly authentication: Authentication;
  readonly log: EventLog;
  readonly flow: Follower;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly metrics: Registry;
  readonly warn: (message: string, error?: unknown) => void;
};

const TIDY_MS = 1_000;
const RECHECK_MS = 15_000;
/** Three parts in base64url with dots between them, which no key has. */
const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Documents that people have open in this process, tied to the log. */
export function live(ports: LivePorts) {
  const { streams, authentication, log, sealer, clock, ids, warn } = ports;
  const { documents, actors } = streams;
  const rooms = openRooms({
    handle: documents.handle,
    history: documents.history,
    log: {
      readStream: (stream, options) =>
        runAsTenant(partsOf(stream)!.tenant, () => log.readStream(stream, options)),
    },
    sealer: {
      opener: async (headers) => {
        const [first] = headers;
        return first === undefined
          ? await sealer.opener(headers)
          : await runAsTenant(first.tenant, () => sealer.opener(headers));
      },
    },
    clock,
    warn,
  });
  const sessions = liveSessions({ clock });
  const inspector = changeInspector({ clock });
  const stop = new AbortController();
  const tasks: Promise<void>[] = [];

  const every = async (ms: number, work: () => Promise<void>) => {
    while (!stop.signal.aborted) {
      await clock.sleep(ms, stop.signal);
      if (!stop.signal.aborted) {
        await work().catch((error: unknown) => warn('open documents wait', error));
      }
    }
  };

  const hearOf = async (event: RecordedEvent) => {
    const { stream, tenant, type } = event.header;
    if (type !== 'ActorResumed') return sessions.heard(stream, [event.header]);
    if (!sessions.hasActor(partsOf(stream)?.id ?? '')) return;
    const open = await runAsTenant(tenant, () => sealer.opener([event.header]));
    sessions.heard(stream, [openEvent(open, event).event]);
  };

  /** What other processes append, and members, keys and groups wherever they change. */
  const follow = async () => {
    while (!stop.signal.aborted) {
      try {
        const position = await log.head();
        const from = { position, eventId: undefined, ordinal: 0n };
        await rooms.readOn();
        for await (const { events } of eventsAfter(log, ports.flow, from, stop.signal)) {
          for (const event of events) await hearOf(event);
          await rooms.follow(events);
        }
      } catch (error) {
        if (!stop.signal.aborted) warn('open documents hear of others late', error);
        await clock.sleep(TIDY_MS, stop.signal);
      }
    }
  };

  const session: SessionPorts = {
    rooms,
    sessions,
    documents: ports.documents,
    history: documents.history,
    actors,
    inspect: inspector.inspect,
    whoIs: async (credential) =>
      await runAsNoTenant(() =>
        TOKEN.test(credential)
          ? authentication.byToken(credential)
          : authentication.byApiKey(credential),
      ),
    tickets: liveTickets({ clock, ids }),
    metrics: liveMetrics(ports.metrics, rooms.count),
    clock,
    ids,
  };

  const appended: NonNullable<AppendPorts['appended']> = (stream, events) => {
    // Only documents have rooms.
    rooms.heard(stream, events as unknown as readonly Happened[]);
    sessions.heard(stream, events);
  };

  return {
    session,
    appended,
    start: () => {
      tasks.push(
        runAsNoTenant(follow),
        every(TIDY_MS, rooms.tidy),
        every(RECHECK_MS, sessions.recheckAll),
        every(RECHECK_MS, async () => documents.releaseIdle()),
      );
    },
    stop: async () => {
      sessions.goAway();
      stop.abort();
      await Promise.all(tasks);
      await inspector.close();
    },
  };
}
