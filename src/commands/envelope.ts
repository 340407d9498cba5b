import { encodeBody, type Read, readEvent } from '#domain/body.ts';
import type {
  DomainEvent,
  EventDefinition,
  EventDefinitions,
  RecordedEvent,
  StoredEvent,
  Subject,
} from '#domain/event.ts';
import { eventTypes } from '#domain/event-types.ts';
import type { CommandId } from '#domain/ids.ts';
import type { Principal } from '#domain/rights.ts';
import { type StreamName, type StreamParts, partsOf } from '#domain/stream.ts';
import type { Opener, Place, Sealer, SealingKey, UnsealedHeader } from './ports.ts';

/** What every event of one append has in common. */
export type SealingContext = {
  readonly principal: Principal;
  readonly commandId: CommandId;
  /** Stored with the first event of the append. */
  readonly commandHash?: Uint8Array | undefined;
  /** The event that caused the command; default: the command itself. */
  readonly causationId?: string | undefined;
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  readonly now: Date;
  /** Of the first event; more than 0 when earlier appends of this command took the indexes below. */
  readonly firstIndex?: number | undefined;
  /** The command goes on in another append: nothing of this one takes effect yet. */
  readonly unfinished?: boolean | undefined;
  /** Events of this command in the appends before this, its last one. */
  readonly partsBefore?: number | undefined;
};

type Prepared = { readonly type: string; readonly version: number; readonly plain: Uint8Array };
type PreparedEvent = Prepared & { readonly key: SealingKey };

/**
 * Fetches the keys of everything that happened, so that the answer can seal synchronously, at
 * whatever place the log gives. Throws `SubjectErased`, and on an event its own slice does not
 * describe: what is stored wrongly once stays so for ever.
 */
export async function sealEvents(
  sealer: Pick<Sealer, 'keyFor' | 'plainKey'>,
  definitions: EventDefinitions,
  stream: StreamName,
  events: readonly DomainEvent[],
  context: SealingContext,
): Promise<(place: Place) => readonly StoredEvent[]> {
  const parts = partsOf(stream);
  if (!parts) throw new Error(`${stream} is not the name of a stream.`);
  const keys = new Map<Subject | undefined, SealingKey>();
  const prepared: PreparedEvent[] = [];
  for (const [index, event] of events.entries()) {
    const { definition, data } = describe(definitions, parts, event);
    const subject = definition.subject(parts, data);
    const key = keys.get(subject) ?? (await keyOf(sealer, parts, subject));
    keys.set(subject, key);
    const plain = encodeBody(data, index === 0 ? context.commandHash : undefined);
    prepared.push({ type: event.type, version: definition.version, plain, key });
  }
  const commons = commonHeader(stream, parts, context);
  return (place) => {
    const recordedAt = latest(context.now.toISOString(), place.notBefore);
    return prepared.map((event, index) => {
      const header: UnsealedHeader = {
        ...commons,
        revision: place.revision + index,
        type: event.type,
        schemaVersion: event.version,
        commandIndex: (context.firstIndex ?? 0) + index,
        ...partOf(context, index, prepared.length),
        recordedAt,
      };
      return event.key.seal(header, event.plain);
    });
  };
}

function describe(definitions: EventDefinitions, { kind }: StreamParts, event: DomainEvent) {
  const definition: EventDefinition | undefined = definitions[event.type];
  if (definition?.kind !== kind) {
    throw new Error(`${event.type} is no event of a stream of kind ${kind}.`);
  }
  const checked = definition.schema.safeParse(event.data);
  if (!checked.success) {
    // Paths only: the values are customers' content, and errors are logged.
    const wrong = checked.error.issues.map(({ path, code }) => `${path.join('.')} (${code})`);
    throw new Error(`${event.type} does not fit its schema: ${wrong.join(', ')}`);
  }
  return { definition, data: checked.data as object };
}

const keyOf = (
  sealer: Pick<Sealer, 'keyFor' | 'plainKey'>,
  { tenant }: StreamParts,
  subject: Subject | undefined,
): Promise<SealingKey> =>
  subject === undefined ? sealer.plainKey(tenant) : sealer.keyFor(tenant, subject);

function commonHeader(stream: StreamName, { tenant }: StreamParts, context: SealingContext) {
  const { principal, commandId, causationId, correlationId, traceparent } = context;
  return {
    stream,
    tenant,
    actor: principal.member,
    ...(principal.apiKey === undefined ? {} : { apiKeyId: principal.apiKey }),
    commandId,
    causationId: causationId ?? commandId,
    correlationId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/** Only the last event of the last append lets the whole command take effect. */
function partOf(context: SealingContext, index: number, count: number) {
  const several = context.unfinished === true || (context.partsBefore ?? 0) > 0;
  if (!several) return {};
  if (context.unfinished || index < count - 1) return { unfinished: true as const };
  return { parts: (context.partsBefore ?? 0) + index };
}

/** RFC 3339 instants in UTC with milliseconds sort as text. */
const latest = (now: string, notBefore: string | undefined): string =>
  notBefore !== undefined && notBefore > now ? notBefore : now;

/** A recorded event in today's shape, or what is left of it when its subject's key was destroyed. */
export const openEvent = <Event extends DomainEvent = DomainEvent>(
  open: Opener,
  recorded: RecordedEvent,
  definitions = eventTypes,
): Read<Event> => readEvent<Event>(definitions, recorded, open(recorded));
