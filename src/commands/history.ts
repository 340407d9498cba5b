import type { Aggregate } from '#domain/aggregate.ts';
import { readEvent } from '#domain/body.ts';
import type { DomainEvent, OpenedEvent } from '#domain/event.ts';
import type { TenantId } from '#domain/ids.ts';
import { type StreamName, streamOf } from '#domain/stream.ts';
import type { Fold } from './fold.ts';
import type { HeldStreams } from './held-streams.ts';
import { type LoadPorts, load } from './load.ts';

/** A point in a stream's past. */
export type PointInTime = { readonly revision: number } | { readonly time: Date };

/** A stream as it was: read what you need of `state` before you await anything. */
export type Past<State> = {
  /** -1 where the stream did not exist yet. */
  readonly revision: number;
  readonly recordedAt: string | undefined;
  readonly state: State;
};

export type History<State, Event extends DomainEvent = DomainEvent> = {
  newest(tenant: TenantId, id: string): Promise<Past<State>>;
  /** As it was at this revision or at a later one; reads nothing where that is known here. */
  since(tenant: TenantId, id: string, revision: number): Promise<Past<State>>;
  /** Nothing is there, as its id was just made; so nothing is read before the first command. */
  expectNew(tenant: TenantId, id: string): void;
  at(tenant: TenantId, id: string, point: PointInTime): Promise<Past<State>>;
  /** What happened at a revision; `undefined` when it was erased, or nothing did. */
  event(tenant: TenantId, id: string, revision: number): Promise<OpenedEvent<Event> | undefined>;
};

/** Reads every revision that ever was, from the nearest snapshot below it. */
export function history<State, Command, Event extends DomainEvent>(
  ports: LoadPorts,
  aggregate: Aggregate<State, Command, Event>,
  streams: HeldStreams<State, Event>,
): History<State, Event> {
  const pastOf = ({ revision, recordedAt, state }: Fold<State, Event>): Past<State> => ({
    revision,
    recordedAt,
    state,
  });

  return {
    newest: async (tenant, id) =>
      await streams.exclusively(streamOf(tenant, aggregate.kind, id), async (held) => {
        if (!held.isNewest) await held.refresh();
        return pastOf(held.fold);
      }),

    since: async (tenant, id, revision) =>
      await streams.exclusively(streamOf(tenant, aggregate.kind, id), async (held) => {
        if (held.fold.revision < revision) await held.refresh();
        return pastOf(held.fold);
      }),

    expectNew: (tenant, id) => streams.expectNew(streamOf(tenant, aggregate.kind, id)),

    at: async (tenant, id, point) => {
      const stream = streamOf(tenant, aggregate.kind, id);
      const revision =
        'revision' in point ? point.revision : await lastRevisionAt(ports, stream, point.time);
      return pastOf(await load(ports, aggregate, stream, revision));
    },

    event: async (tenant, id, revision) => {
      const stream = streamOf(tenant, aggregate.kind, id);
      const [recorded] = await ports.log.readStream(stream, { from: revision, limit: 1 });
      if (recorded === undefined) return undefined;
      const open = await ports.sealer.opener([recorded.header]);
      const { event } = readEvent<Event>(aggregate.events, recorded, open(recorded));
      return event.erased === true ? undefined : event;
    },
  };
}

/** Binary search over the recorded times, which never decrease along a stream; -1 when all are later. */
async function lastRevisionAt({ log }: LoadPorts, stream: StreamName, time: Date): Promise<number> {
  const [newest] = await log.readStream(stream, { direction: 'backward', limit: 1 });
  let [low, high] = [-1, newest?.header.revision ?? -1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [event] = await log.readStream(stream, { from: middle, limit: 1 });
    if (event && Date.parse(event.header.recordedAt) <= time.getTime()) low = middle;
    else high = middle - 1;
  }
  return low;
}
