import { randomUUID } from 'node:crypto';
import {
  type Appended,
  type Clock,
  DuplicateCommand,
  type EventLog,
  type Expected,
  type Place,
  WrongExpectedRevision,
} from '#commands/ports.ts';
import type { RecordedEvent } from '#domain/event.ts';
import { bell } from '#infra/log/bell.ts';
import { type CheckedAppend, checkedAppend, checkedExpected } from '#infra/log/checked-append.ts';
import { follow } from '#infra/log/follow.ts';
import { ownTenant, refuseOthers } from '#infra/log/own-tenant.ts';
import { tenantOrUndefined } from '#infra/tenancy/tenant-context.ts';

type Stream = { readonly events: RecordedEvent[]; readonly outcomes: Map<string, RecordedEvent> };

/** The log in this process's memory: as strict as the others, and gone with the process. */
export function memoryEventLog({ clock }: { readonly clock: Clock }): EventLog {
  const log: RecordedEvent[] = [];
  const streams = new Map<string, Stream>();
  const rung = bell();

  const append: EventLog['append'] = async (name, expected, seal) => {
    ownTenant(name);
    checkedExpected(expected);
    const stream: Stream = streams.get(name) ?? { events: [], outcomes: new Map() };
    const place = placeIn(stream, expected);
    const append = checkedAppend(name, place, seal(place));
    const repeated = earlierOutcome(append, stream);
    if (repeated !== undefined) return repeated;
    const actual = stream.events.length - 1;
    if (append.expected !== actual || (expected === 'exists' && actual < 0))
      throw new WrongExpectedRevision(name, expected, actual);
    streams.set(name, stream);
    for (const { header, body } of append.events) {
      // Copies: what the caller does to its own objects later must not change the log.
      const event = {
        header: { ...header },
        body: Uint8Array.from(body),
        position: BigInt(log.length + 1),
      };
      log.push(event);
      stream.events.push(event);
      stream.outcomes.set(outcomeKey(header), event);
    }
    rung.ring();
    return answer(log.at(-1)!);
  };

  const readAll: EventLog['readAll'] = async ({ after, upTo, tenant, types, limit }) => {
    refuseOthers(tenant);
    const end = upTo === undefined ? log.length : Number(upTo);
    return log
      .slice(Number(after), end)
      .filter(({ header }) => tenant === undefined || header.tenant === tenant)
      .filter(({ header }) => types === undefined || types.includes(header.type))
      .slice(0, limit);
  };

  const head = async (): Promise<bigint> => BigInt(log.length);

  return {
    logId: randomUUID(),
    append,
    readAll,
    head,
    readStream: async (name, { from, direction = 'forward', limit = Infinity } = {}) => {
      ownTenant(name);
      const events = streams.get(name)?.events ?? [];
      if (direction === 'forward') return events.slice(from ?? 0, (from ?? 0) + limit);
      const end = Math.min(from ?? Infinity, events.length - 1) + 1;
      return events.slice(Math.max(0, end - limit), end).toReversed();
    },
    at: async (position) => {
      const event = log[Number(position) - 1];
      const running = tenantOrUndefined();
      return running === undefined || running === event?.header.tenant ? event : undefined;
    },
    follow: (from) =>
      follow(
        {
          bell: rung,
          clock,
          patience: () => A_DAY,
          head,
          // Whoever follows sees every tenant's events, wherever it was started.
          read: async (after, limit) => {
            const events = log.slice(Number(after), Number(after) + limit);
            return { events, more: events.length === limit };
          },
        },
        from,
      ),
  };
}

/** The bell never fails in one process. */
const A_DAY = 86_400_000;

function placeIn({ events }: Stream, expected: Expected): Place {
  const last = typeof expected === 'number' ? expected : events.length - 1;
  const before = expected === 'none' ? -1 : last;
  return { revision: before + 1, notBefore: events[before]?.header.recordedAt };
}

/** As an append with the same events was answered the first time. */
function earlierOutcome(
  { stream, events }: CheckedAppend,
  { outcomes }: Stream,
): Appended | undefined {
  const known = events.map(({ header }) => outcomes.get(outcomeKey(header)));
  if (known.every((event) => event === undefined)) return undefined;
  if (known.every((event, index) => event?.header.id === events[index]!.header.id))
    return answer(known.at(-1)!);
  throw new DuplicateCommand(stream, events[0]!.header.commandId);
}

const outcomeKey = (header: { commandId: string; commandIndex: number }): string =>
  `${header.commandId} ${header.commandIndex}`;

const answer = ({ header, position }: RecordedEvent): Appended => ({
  revision: header.revision,
  position,
});
