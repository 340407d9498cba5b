import { Token, Type, type TypeEncoder, decode, encode } from 'cborg';
import type {
  DomainEvent,
  ErasedEvent,
  EventDefinitions,
  OpenedEvent,
  RecordedEvent,
} from './event.ts';
import { uuidFrom } from './ids.ts';
import { upcast } from './upcast.ts';

/** A body before it is sealed, as CBOR. Stored for ever: add fields, never rename or remove them. */
type Body = {
  readonly d: object;
  /** In a command's first event: hash of the request, which tells a repeat from a reused key. */
  readonly c?: Uint8Array;
};

/** A UUID as its 16 bytes (https://www.iana.org/assignments/cbor-tags): ids are most of a small body. */
const UUID_TAG = 37;
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

const uuidsAsBytes: TypeEncoder = (text: string) => {
  if (text.length !== 36 || !UUID.test(text)) return null;
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  return [new Token(Type.tag, UUID_TAG), new Token(Type.bytes, bytes)];
};

export const encodeBody = (data: object, commandHash?: Uint8Array): Uint8Array =>
  encode({ d: data, ...(commandHash && { c: commandHash }) } satisfies Body, {
    ignoreUndefinedProperties: true,
    typeEncoders: { string: uuidsAsBytes },
    // As they come: the library cannot sort keys that are ids, and nobody encodes a body twice.
    mapSorter: () => 0,
  });

/** Indexed by their number, which is how the library wants them. */
const tags = Object.assign([], {
  [UUID_TAG]: (content: () => unknown) => uuidFrom(content() as Uint8Array),
});

export function decodeBody(plain: Uint8Array): {
  readonly data: object;
  readonly commandHash: Uint8Array | undefined;
} {
  const { d, c } = decode(plain, { tags }) as Body;
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
