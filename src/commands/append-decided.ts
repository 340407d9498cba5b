import type { Aggregate } from '#domain/aggregate.ts';
import type { DomainEvent, EventHeader, StoredEvent } from '#domain/event.ts';
import type { StreamName } from '#domain/stream.ts';
import { type SealingContext, sealEvents } from './envelope.ts';
import { type Fold, foldEvent } from './fold.ts';
import type { CommandRequest } from './handle.ts';
import {
  AppendTooLarge,
  type Clock,
  type EventLog,
  MAX_APPEND_BYTES,
  type Place,
  type Sealer,
} from './ports.ts';

/** Room for a header beside its body: ids, names and the trace context are bounded. */
const HEADER_BYTES = 1_500;

export type AppendPorts = {
  readonly log: EventLog;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** Hears of every append of this process, in the order of its stream. Must not wait. */
  readonly appended?: (stream: StreamName, events: readonly AppendedEvent[]) => void;
};

export type AppendedEvent<Event extends DomainEvent = DomainEvent> = Event & {
  readonly header: EventHeader;
};

type Sealed = (place: Place) => readonly StoredEvent[];

/**
 * Seals and appends what was decided, then folds it in. An outcome larger than one append goes in
 * several, of which only the last lets it take effect. Answers the last event's position.
 */
export function appendDecided<State, Command, Event extends DomainEvent>(
  { log, sealer, clock, appended }: AppendPorts,
  aggregate: Aggregate<State, Command, Event>,
) {
  return async function append(
    stream: StreamName,
    fold: Fold<State, Event>,
    events: readonly Event[],
    request: CommandRequest,
  ): Promise<bigint> {
    const now = clock.now();
    const seal = async (part: readonly Event[], context: Partial<SealingContext>) =>
      await sealEvents(sealer, aggregate.events, stream, part, {
        ...request,
        now,
        commandHash: undefined,
        ...context,
      });

    const firstIndex = fold.nextIndex.get(request.commandId) ?? 0;
    const { commandHash } = request;
    const whole = await seal(events, { commandHash, firstIndex });
    try {
      return await appendPart(stream, fold, events, whole, commandHash);
    } catch (error) {
      if (!(error instanceof AppendTooLarge) || events.length === 1) throw error;
    }

    const parts = inParts(events, whole(placeAfter(fold)));
    let position = 0n;
    let partsBefore = 0;
    for (const [number, part] of parts.entries()) {
      const unfinished = number < parts.length - 1;
      const hash = number === 0 ? commandHash : undefined;
      const sealed = await seal(part, {
        commandHash: hash,
        firstIndex: firstIndex + partsBefore,
        ...(unfinished ? { unfinished } : { partsBefore }),
      });
      position = await appendPart(stream, fold, part, sealed, hash);
      partsBefore += part.length;
    }
    return position;
  };

  async function appendPart(
    stream: StreamName,
    fold: Fold<State, Event>,
    events: readonly Event[],
    seal: Sealed,
    commandHash: Uint8Array | undefined,
  ): Promise<bigint> {
    let stored: readonly StoredEvent[] = [];
    const { position } = await log.append(
      stream,
      fold.revision < 0 ? 'none' : fold.revision,
      (place) => (stored = seal(place)),
    );
    const happened = stored.map(({ header }, index) => {
      const event = events[index];
      if (!event) throw new Error(`${stream}: the log stored more than was decided.`);
      return { ...event, header };
    });
    for (const [index, { body }] of stored.entries()) {
      const event = happened[index]!;
      const hash = index === 0 ? commandHash : undefined;
      foldEvent(aggregate, fold, { event, commandHash: hash });
      fold.tail.events++;
      fold.tail.bytes += body.length;
    }
    appended?.(stream, happened);
    return position;
  }
}

const placeAfter = ({
  revision,
  recordedAt,
}: {
  revision: number;
  recordedAt?: string | undefined;
}): Place => ({
  revision: revision + 1,
  notBefore: recordedAt,
});

/** As many events together as one append takes; one that is too large alone is the log's to refuse. */
function inParts<Event>(events: readonly Event[], sealed: readonly StoredEvent[]): Event[][] {
  const parts: Event[][] = [];
  let room = 0;
  for (const [index, event] of events.entries()) {
    const size = HEADER_BYTES + (sealed[index]?.body.length ?? 0);
    if (parts.length === 0 || size > room) {
      parts.push([]);
      room = MAX_APPEND_BYTES;
    }
    parts.at(-1)?.push(event);
    room -= size;
  }
  return parts;
}
