import { deflateRawSync } from 'node:zlib';
import { decode, encode } from 'cborg';
import { z } from 'zod';
import {
  type LiveEvent,
  MOST_PRESENCE_BYTES,
  MOST_PREVIEW_BYTES,
  PROTOCOL,
  type ServerFrame,
} from '#client/protocol.ts';
import type { Happened } from '#commands/rooms/room.ts';
import { Edit } from '#domain/document/edits.ts';
import type { ContentEvent } from '#domain/document/events.ts';
import { MOST_CHANGE_BYTES, MOST_EDITS } from '#domain/document/limits.ts';
import { DeviceName } from '#domain/actor/events.ts';
import { uuidFrom } from '#domain/ids.ts';

// The protocol's frames as bytes, and what is accepted of those that come in.

/** A frame holds one change of the largest size and the little around it. */
export const MOST_FRAME_BYTES = MOST_CHANGE_BYTES + 4_096;
const MOST_CHANGES = 500;

const bytesOf = (length: number) =>
  z.instanceof(Uint8Array).refine((bytes) => bytes.length === length, `${length} bytes`);
const bytesUpTo = (most: number) =>
  z.instanceof(Uint8Array).refine(({ length }) => length <= most, `at most ${most} bytes`);
/** Events keep it as a UUID, which not every 16 bytes are. */
const group = bytesOf(16).refine((bytes) => z.uuid().safeParse(uuidFrom(bytes)).success, 'a UUID');
const n = z.int().nonnegative();

const Frame = z.discriminatedUnion('t', [
  z.strictObject({
    t: z.literal('hello'),
    protocol: z.literal(PROTOCOL),
    credential: z.string().max(8_192).optional(),
    ticket: z.string().max(100).optional(),
    since: z.int().nonnegative().optional(),
    actor: z.strictObject({ id: bytesOf(16), token: z.string().max(100) }).optional(),
    device: DeviceName.optional(),
  }),
  z.strictObject({
    t: z.literal('changes'),
    n,
    group,
    changes: z.array(bytesUpTo(MOST_CHANGE_BYTES)).min(1).max(MOST_CHANGES),
  }),
  z.strictObject({
    t: z.literal('edit'),
    n,
    edits: z.array(Edit).min(1).max(MOST_EDITS),
    baseRevision: z.int().nonnegative().optional(),
  }),
  z.strictObject({
    t: z.enum(['undo', 'redo']),
    n,
    scope: z.enum(['mine', 'document']),
    group: group.optional(),
  }),
  z.strictObject({ t: z.literal('presence'), data: bytesUpTo(MOST_PRESENCE_BYTES) }),
  z.strictObject({ t: z.literal('preview'), data: bytesUpTo(MOST_PREVIEW_BYTES) }),
]);
export type Frame = z.infer<typeof Frame>;

/** What a client sent, or `undefined` where it is no frame of the protocol. */
export function frameFrom(bytes: Uint8Array): Frame | undefined {
  try {
    return Frame.safeParse(decode(bytes, { rejectDuplicateMapKeys: true })).data;
  } catch {
    return undefined;
  }
}

export const frameBytes = (frame: ServerFrame): Uint8Array =>
  encode(frame, { ignoreUndefinedProperties: true });

// Everybody in a room is sent the same bytes.
const framesOfEvents = new WeakMap<object, Uint8Array>();

/** Events that take effect together, as the frame that tells them. */
export function eventsFrame(events: readonly Happened[]): Uint8Array {
  const known = framesOfEvents.get(events);
  if (known) return known;
  const frame = frameBytes({ t: 'events', events: events.map(liveEvent) });
  framesOfEvents.set(events, frame);
  return frame;
}

export const packedEvents = (events: readonly Happened[]): Uint8Array =>
  deflateRawSync(encode(events.map(liveEvent), { ignoreUndefinedProperties: true }));

function liveEvent({ header, type, data }: Happened): LiveEvent {
  const { revision, actor: member } = header;
  const content = data as Partial<ContentEvent['data'] & { group: string; origin: string }>;
  const { changes, group, origin } = content ?? {};
  return {
    revision,
    type,
    member,
    ...(changes && { changes }),
    ...(group !== undefined && { group }),
    ...(origin !== undefined && origin !== 'person' && { origin }),
  };
}
