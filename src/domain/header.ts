import canonicalize from 'canonicalize';
import type { EventHeader } from './event.ts';
import { type CommandId, type EventId, derivedUuid } from './ids.ts';
import type { StreamName } from './stream.ts';

/** In the order of RFC 8785, which for these names is that of their characters. */
const names = [
  'actor',
  'apiKeyId',
  'bodyHmac',
  'causationId',
  'commandId',
  'commandIndex',
  'correlationId',
  'id',
  'keyVersion',
  'parts',
  'recordedAt',
  'revision',
  'schemaVersion',
  'stream',
  'subject',
  'tenant',
  'traceparent',
  'type',
  'unfinished',
] as const satisfies readonly (keyof EventHeader)[];

/**
 * The one text of a header (RFC 8785): what is stored, sealed along with the body, and hashed. Made
 * twice for every event, so what every header of today is made of does not go through the library,
 * which takes five times as long.
 */
export function canonicalHeader(header: Partial<EventHeader>): string {
  const sorted: Record<string, unknown> = {};
  let found = 0;
  for (const name of names) {
    const value = header[name];
    if (value === undefined) continue;
    if (!isPlain(value)) return canonicalText(header);
    sorted[name] = value;
    found++;
  }
  return found === Object.keys(header).length ? JSON.stringify(sorted) : canonicalText(header);
}

/** For these JSON has one text only. */
const isPlain = (value: unknown): boolean =>
  typeof value === 'string' ? value.isWellFormed() : value === true || Number.isSafeInteger(value);

function canonicalText(header: Partial<EventHeader>): string {
  const text = canonicalize(header);
  if (text === undefined) throw new MalformedHeader('there is none');
  return text;
}

/** The stored text is no header of ours: nothing that Palimpsest wrote reads like this. */
export class MalformedHeader extends Error {
  constructor(why: string, options?: ErrorOptions) {
    super(`Not the header of a Palimpsest event: ${why}.`, options);
    this.name = 'MalformedHeader';
  }
}

const strings = [
  'id',
  'stream',
  'type',
  'tenant',
  'actor',
  'commandId',
  'bodyHmac',
  'causationId',
  'correlationId',
  'recordedAt',
] as const satisfies readonly (keyof EventHeader)[];
const counts = ['revision', 'schemaVersion', 'commandIndex'] as const;

/**
 * Reads a stored header. Checks what the rest of the code relies on and no more, because a rebuild
 * parses every header there is; `checkHeader` is the strict one. Fields that a newer version added
 * are kept, so that the header still authenticates its body.
 */
export function parseHeader(text: string): EventHeader {
  return headerOf(parsed(text));
}

/** The same for a header whose JSON somebody else has read. */
export function headerOf(value: unknown): EventHeader {
  if (typeof value !== 'object' || value === null) throw new MalformedHeader('it is no object');
  const header = value as Record<string, unknown>;
  for (const field of strings) {
    if (typeof header[field] !== 'string') throw new MalformedHeader(`${field} is no string`);
  }
  for (const field of counts) {
    if (!Number.isSafeInteger(header[field])) throw new MalformedHeader(`${field} is no integer`);
  }
  // A header whose stream is another tenant's would cross the one line that nothing may cross.
  if (!(header['stream'] as string).startsWith(`${header['tenant'] as string}/`)) {
    throw new MalformedHeader('its stream belongs to another tenant');
  }
  return header as unknown as EventHeader;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MalformedHeader('it is no JSON', { cause });
  }
}

/**
 * UUIDv5 of what makes an event this event. The same bytes appended again are the same event and
 * harmless; another outcome of the same command has another id, and the log sees the conflict.
 */
export const eventIdOf = (
  stream: StreamName,
  commandId: CommandId,
  commandIndex: number,
  sha256OfStoredBodyHex: string,
): EventId =>
  derivedUuid('event', stream, commandId, commandIndex, sha256OfStoredBodyHex) as EventId;
