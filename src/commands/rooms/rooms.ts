import type { Handle } from '#commands/handle.ts';
import type { History } from '#commands/history.ts';
import { openEvent } from '#commands/envelope.ts';
import type { Clock, EventLog, Sealer } from '#commands/ports.ts';
import type { DocumentCommand } from '#domain/document/commands.ts';
import type { DocumentEvent } from '#domain/document/events.ts';
import type { DocumentState } from '#domain/document/state.ts';
import type { RecordedEvent } from '#domain/event.ts';
import {
  type CommandId,
  type DocumentId,
  SYSTEM,
  type TenantId,
  derivedUuid,
} from '#domain/ids.ts';
import { type StreamName, partsOf, streamOf } from '#domain/stream.ts';
import { type Happened, Room } from './room.ts';

export type RoomPorts = {
  readonly handle: Handle<DocumentState, DocumentCommand>;
  readonly history: Pick<History<DocumentState>, 'newest'>;
  readonly log: Pick<EventLog, 'readStream'>;
  readonly sealer: Pick<Sealer, 'opener'>;
  readonly clock: Clock;
  readonly warn: (message: string, error: unknown) => void;
};

export type Rooms = {
  /** The room of a document, opened when nobody is in it. */
  readonly of: (tenant: TenantId, id: DocumentId) => Room;
  /** Closes the room if nobody is in it. */
  readonly left: (tenant: TenantId, id: DocumentId) => void;
  /**
   * Events that take effect behind `since`, up to `upTo`; `undefined` where they are too many, or
   * cannot be told as changes.
   */
  readonly since: (
    tenant: TenantId,
    id: DocumentId,
    since: number,
    upTo: number,
  ) => Promise<readonly Happened[] | undefined>;
  /** This process has appended to a stream. */
  readonly heard: (stream: StreamName, events: readonly Happened[]) => void;
  /** Anybody has appended to the log. */
  readonly follow: (events: readonly RecordedEvent[]) => Promise<void>;
  /** Reads on in every room: events went by that nobody heard of. */
  readonly readOn: () => Promise<void>;
  /** Cuts what grew too long where nobody typed for a moment, or very much was typed. */
  readonly tidy: () => Promise<void>;
  readonly count: () => { readonly rooms: number; readonly sessions: number };
};

const PAGE = 500;
/** Whoever missed more gets the whole document, which is smaller. */
const MOST_MISSED = 2_000;
/** Typing that stopped for so long has paused. */
const PAUSE_MS = 2_000;
/** Characters after which no pause is waited for: what never pauses would meet a section's end. */
const MOST_TYPED = 8_000;

type Open = { readonly room: Room; typed: number; typedAt: number };

export function rooms(ports: RoomPorts): Rooms {
  const { log, sealer, clock } = ports;
  const open = new Map<StreamName, Open>();

  const opened = async (events: readonly RecordedEvent[]): Promise<readonly Happened[]> => {
    const openBody = await sealer.opener(events.map(({ header }) => header));
    return events.map((event) => openEvent<DocumentEvent>(openBody, event).event);
  };

  const newRoom = (stream: StreamName): Open => ({
    room: new Room({
      readFrom: async (from) => await opened(await log.readStream(stream, { from, limit: PAGE })),
      onLost: (error) => ports.warn('a room could not read on', error),
    }),
    // What grew before is looked at once: a process may have ended in the middle of it.
    typed: MOST_TYPED,
    typedAt: 0,
  });

  const take = (stream: StreamName, events: readonly Happened[]) => {
    const found = open.get(stream);
    if (found === undefined) return;
    found.room.take(events);
    for (const event of events) {
      if (event.erased || event.type !== 'ChangesApplied') continue;
      found.typed += event.data.size.inserted;
      found.typedAt = clock.now().getTime();
    }
  };

  return {
    of: (tenant, id) => {
      const stream = streamOf(tenant, 'document', id);
      const found = open.get(stream) ?? newRoom(stream);
      open.set(stream, found);
      return found.room;
    },
    left: (tenant, id) => {
      const stream = streamOf(tenant, 'document', id);
      if (open.get(stream)?.room.isEmpty) open.delete(stream);
    },
    since: async (tenant, id, since, upTo) => {
      if (upTo - since > MOST_MISSED) return undefined;
      const stream = streamOf(tenant, 'document', id);
      const events: Happened[] = [];
      for (let from = since + 1; from <= upTo; from = since + 1 + events.length) {
        const page = await log.readStream(stream, { from, limit: Math.min(PAGE, upTo - from + 1) });
        if (page.length === 0) break;
        events.push(...(await opened(page)));
      }
      // Commands of several appends are seldom: whoever missed one gets the whole document. So does
      // who missed what a branch begins with, which is no change that could be applied.
      const isWhole = events.every(
        ({ header, type }) => !header.unfinished && !header.parts && type !== 'ContentInherited',
      );
      return isWhole ? events : undefined;
    },
    heard: take,
    follow: async (events) => {
      for (const [stream, ofStream] of Map.groupBy(events, ({ header }) => header.stream)) {
        const room = open.get(stream)?.room;
        // Mostly this process wrote them itself, and told them long ago.
        const news = ofStream.filter(({ header }) => room && header.revision > room.revision);
        if (news.length > 0) take(stream, await opened(news));
      }
    },
    readOn: async () => {
      for (const [stream, { room }] of open) {
        for (let from = room.revision + 1, isMore = true; isMore; from += PAGE) {
          const page = await log.readStream(stream, { from, limit: PAGE });
          take(stream, await opened(page));
          isMore = page.length === PAGE;
        }
      }
    },
    tidy: async () => {
      const now = clock.now().getTime();
      for (const [stream, one] of open) {
        const pauses = now - one.typedAt >= PAUSE_MS;
        if (one.typed === 0 || (!pauses && one.typed < MOST_TYPED)) continue;
        one.typed = 0;
        await cutGrown(ports, stream, one.room.revision);
      }
    },
    count: () => {
      const all = [...open.values()];
      return { rooms: all.length, sessions: all.reduce((sum, { room }) => sum + room.size, 0) };
    },
  };
}

async function cutGrown(ports: RoomPorts, stream: StreamName, revision: number): Promise<void> {
  const parts = partsOf(stream);
  if (parts === undefined) return;
  const { tenant, id } = parts;
  const commandId = derivedUuid('cut grown', stream, revision) as CommandId;
  await ports.handle(
    id,
    { type: 'CutGrownSections' },
    {
      tenant,
      principal: { tenant, member: SYSTEM, roles: [], groups: [] },
      commandId,
      commandHash: new Uint8Array(),
      correlationId: commandId,
    },
  );
}
