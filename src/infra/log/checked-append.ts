import { AppendTooLarge, type Expected, MAX_APPEND_BYTES, type Place } from '#commands/ports.ts';
import type { EventHeader, StoredEvent } from '#domain/event.ts';
import { canonicalHeader } from '#domain/header.ts';
import { EventId } from '#domain/ids.ts';
import type { StreamName } from '#domain/stream.ts';
import { ownTenant } from './own-tenant.ts';

/** An append that stands where it says it stands: every log adapter writes these and nothing else. */
export type CheckedAppend = {
  readonly stream: StreamName;
  /** The revision before the first event; -1 when the stream must be absent. */
  readonly expected: number;
  readonly events: readonly StoredEvent[];
  /** The canonical headers as UTF-8, event by event. */
  readonly headers: readonly Buffer[];
  readonly bytes: number;
};

/** Throws for what no caller may pass: -1 would say "none" on one adapter and fail on the next. */
export function checkedExpected(expected: Expected): void {
  if (typeof expected === 'number' && !(Number.isSafeInteger(expected) && expected >= 0))
    throw new RangeError(`${expected} is no revision.`);
}

/** What `seal` returned, checked against the place. Throws `AppendTooLarge`; anything else is a bug. */
export function checkedAppend(
  stream: StreamName,
  place: Place,
  events: readonly StoredEvent[],
): CheckedAppend {
  const tenant = ownTenant(stream);
  const first = events[0]?.header;
  if (first === undefined) throw new TypeError(`An append to ${stream} holds no event.`);
  let notBefore = place.notBefore ?? '';
  for (const [index, { header }] of events.entries()) {
    const wrong =
      wrongPlace(header, { stream, tenant, revision: place.revision + index }) ??
      wrongCommand(header, first, index) ??
      wrongTime(header, notBefore) ??
      wrongShape(header);
    if (wrong !== undefined) throw new TypeError(`Event ${index} for ${stream}: ${wrong}.`);
    notBefore = header.recordedAt;
  }
  const headers = events.map(({ header }) => utf8(header));
  const bytes = sum(headers) + sum(events.map(({ body }) => body));
  if (bytes > MAX_APPEND_BYTES) throw new AppendTooLarge(stream, bytes);
  return { stream, expected: place.revision - 1, events, headers, bytes };
}

type Position = Pick<EventHeader, 'stream' | 'tenant' | 'revision'>;

const wrongPlace = (header: EventHeader, place: Position): string | undefined =>
  header.stream === place.stream &&
  header.tenant === place.tenant &&
  header.revision === place.revision
    ? undefined
    : `sealed for ${header.stream} at ${header.revision}, its place is ${place.stream} at ${place.revision}`;

const wrongCommand = (header: EventHeader, first: EventHeader, index: number) =>
  header.commandId === first.commandId && header.commandIndex === first.commandIndex + index
    ? undefined
    : 'an append holds one command, its events in order';

// Stored times are compared as text, so there must be one way to write them.
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function wrongTime({ recordedAt }: EventHeader, notBefore: string): string | undefined {
  if (!instant.test(recordedAt) || Number.isNaN(Date.parse(recordedAt)))
    return 'recordedAt is not RFC 3339 in UTC with milliseconds';
  return recordedAt < notBefore ? `recorded before the stream's previous event` : undefined;
}

function wrongShape(header: EventHeader): string | undefined {
  if (!EventId.safeParse(header.id).success) return 'its id is no UUID';
  return header.type === '' ? 'it has no type' : undefined;
}

// Neither NUL nor half a surrogate pair can be stored as text by every database.
const unstorable = /\\u0000|\\ud[89a-f]/i;

function utf8(header: EventHeader): Buffer {
  const text = canonicalHeader(header);
  if (unstorable.test(text)) throw new TypeError(`A header of ${header.stream} is no plain text.`);
  return Buffer.from(text);
}

const sum = (parts: readonly Uint8Array[]): number =>
  parts.reduce((total, { length }) => total + length, 0);
