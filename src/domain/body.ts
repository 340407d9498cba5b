import { decode, encode } from 'cborg';
import { shorterString, stringTags } from './body-strings.ts';
import type {
  DomainEvent,
  ErasedEvent,
  EventDefinitions,
  OpenedEvent,
  RecordedEvent,
} from './event.ts';
import { upcast } from './upcast.ts';

/** A body before it is sealed, as CBOR. Stored for ever: add fields, never rename or remove them. */
type Body = {
  readonly d: object;
  /** In a command's first event: hash of the request, which tells a repeat from a reused key. */
  readonly c?: Uint8Array;
};

export const encodeBody = (data: object, commandHash?: Uint8Array): Uint8Array =>
  encode({ d: data, ...(commandHash && { c: commandHash }) } satisfies Body, {
    ignoreUndefinedProperties: true,
    typeEncoders: { string: shorterString },
    // As they come: the library cannot sort keys that are ids, and nobody encodes a body twice.
    mapSorter: () => 0,
  });

export function decodeBody(plain: Uint8Array): {
  readonly data: object;
  readonly commandHash: Uint8Array | undefined;
} {
  const { d, c } = decode(plain, { tags: stringTags }) as Body;
  return { data: d, commandHash: c };
}

export type Read<Event extends DomainEvent = DomainEvent> = {
  readonly event: OpenedEvent<Event> | ErasedEvent;
  readonly commandHash: Uint8Array | undefined;
};

/** A recorded event in today's shape, or what is left of it when its body can no longer be had. */
export function readEvent<Event extends DomainEvent = DomainEvent>(
  definitions: EventDefinitions,
  { header, position }: RecordedEvent,
  plain: Uint8Array | undefined,
): Read<Event> {
  if (plain === undefined) {
    return { event: { type: header.type, header, position, erased: true }, commandHash: undefined };
  }
  const { data, commandHash } = decodeBody(plain);
  const event = upcast(definitions, header.type, header.schemaVersion, data) as Event;
  return { event: { ...event, header, position }, commandHash };
}
