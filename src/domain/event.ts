import { z } from 'zod';
import type { ApiKeyId, CommandId, EventId, MemberId, TenantId } from './ids.ts';
import type { StreamKind, StreamName } from './stream.ts';

/**
 * Whose key seals a body: `document:<id>` for its content, `member:<id>` for name and e-mail,
 * `group:<id>` for its name, `provider-key:<id>` for one key at a provider, `webhook:<id>` for what one is signed with.
 * Destroying that key erases the content everywhere and leaves every hash intact.
 */
export type Subject = `${'document' | 'member' | 'group' | 'provider-key' | 'webhook'}:${string}`;

/**
 * What is known about an event without opening it. Stored in the clear as canonical JSON (RFC
 * 8785), for ever: add fields, never rename or remove them.
 */
export type EventHeader = {
  readonly id: EventId;
  readonly stream: StreamName;
  /** Counts from 0 without gaps. */
  readonly revision: number;
  readonly type: string;
  readonly schemaVersion: number;
  readonly tenant: TenantId;
  /** A member id, never a name: a name could not be erased from a header. */
  readonly actor: MemberId;
  readonly apiKeyId?: ApiKeyId;
  readonly commandId: CommandId;
  /** Counts the events of one command from 0; with `commandId` it makes a repeat recognisable. */
  readonly commandIndex: number;
  /** HMAC-SHA-256 (hex) of the plain body, keyed by subject: a bare hash of a short text can be guessed. */
  readonly bodyHmac: string;
  readonly causationId: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  readonly subject?: Subject;
  readonly keyVersion?: number;
  /**
   * The command's outcome was larger than one append: this event takes effect only with the last
   * event of its command, which says in `parts` how many events came before it.
   */
  readonly unfinished?: true;
  readonly parts?: number;
  /** RFC 3339, UTC, milliseconds. Ours, and never below the stream's previous one. */
  readonly recordedAt: string;
};

/** One event as the log keeps it: header in the clear, body opaque. */
export type StoredEvent = { readonly header: EventHeader; readonly body: Uint8Array };

/** A stored event and where it stands in one log. Positions grow in commit order; they are opaque. */
export type RecordedEvent = StoredEvent & { readonly position: bigint };

/** What happened, as the deciders see it. */
export type DomainEvent = { readonly type: string; readonly data: object };

/** A recorded event whose body was opened and upcast to today's shape. */
export type OpenedEvent<Event extends DomainEvent = DomainEvent> = Event & {
  readonly header: EventHeader;
  readonly position: bigint;
  readonly erased?: never;
};

/** What is left of an event when its subject's key is destroyed. */
export type ErasedEvent = {
  readonly type: string;
  readonly header: EventHeader;
  readonly position: bigint;
  readonly erased: true;
};

/** Describes one type of event for sealing, upcasting and `GET /v1/event-types`. */
export type EventDefinition<Schema extends z.ZodType = z.ZodType> = {
  readonly kind: StreamKind;
  /** The version that is written today; older ones are upcast on read. */
  readonly version: number;
  readonly schema: Schema;
  /** Whose key seals the body; `undefined` keeps it readable (never for customer content). */
  readonly subject: (stream: { readonly id: string }, data: z.infer<Schema>) => Subject | undefined;
  /** `older[n]` is what version n+1 looked like: such events are in the log for ever. */
  readonly older?: readonly z.ZodType[];
  /** `upcasts[n]` turns version n+1 into version n+2. */
  readonly upcasts?: readonly ((old: never) => object)[];
};

export type EventDefinitions = Readonly<Record<string, EventDefinition>>;

/** The union of events that a slice's definitions describe. */
export type EventOf<Definitions extends EventDefinitions> = {
  [Type in keyof Definitions & string]: {
    readonly type: Type;
    readonly data: z.infer<Definitions[Type]['schema']>;
  };
}[keyof Definitions & string];

/** Keeps the schema's type while it checks the definition. */
export const defineEvent = <Schema extends z.ZodType>(
  definition: EventDefinition<Schema>,
): EventDefinition<Schema> => definition;

/** Bytes in an event's body; base64 where it is shown as JSON. */
export const bytes = () =>
  z
    .instanceof(Uint8Array)
    .meta({ override: { type: 'string', contentEncoding: 'base64' } }) as z.ZodType<Uint8Array>;

export const documentSubject = (stream: { readonly id: string }): Subject =>
  `document:${stream.id}`;
export const memberSubject = (stream: { readonly id: string }): Subject => `member:${stream.id}`;
export const groupSubject = (stream: { readonly id: string }): Subject => `group:${stream.id}`;
export const plain = (): undefined => undefined;
