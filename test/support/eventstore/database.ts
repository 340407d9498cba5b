import { type Settings, visible } from './visible.ts';

/** What EventStoreDB keeps, as it keeps it: one log, streams that are numbers of it. */
export type Stored = {
  readonly position: bigint;
  readonly stream: string;
  readonly revision: bigint;
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly created: bigint;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
};

export type Proposed = Pick<Stored, 'id' | 'type' | 'contentType' | 'data' | 'metadata'>;
export type Expected = bigint | 'any' | 'no_stream' | 'stream_exists';

export type Written =
  | { readonly kind: 'written'; readonly revision: bigint; readonly position: bigint }
  | { readonly kind: 'wrong'; readonly current: bigint | undefined }
  | { readonly kind: 'deleted' };

/** The revision that a tombstone has. */
export const TOMBSTONE = 9223372036854775807n;
/** `$tb` of a stream that was deleted softly, as JSON is read. */
const DELETED = Number(TOMBSTONE);
const MAX_APPEND_BYTES = 1_048_576;
const TICKS_OF_1970 = 0n;

export class AppendTooLong extends Error {}
export class BadRequest extends Error {}

export function database() {
  let log: Stored[] = [];
  let end = 548n;
  const streams = new Map<string, Stored[]>();
  const listeners = new Set<() => void>();

  const store = (stream: string, revision: bigint, event: Proposed): Stored => {
    const stored = {
      ...event,
      stream,
      revision,
      position: end,
      created: TICKS_OF_1970 + BigInt(Date.now()) * 10_000n,
    };
    // Positions are offsets in a file: they grow by the size of a record.
    end +=
      BigInt(80 + stream.length + event.type.length + event.data.length) +
      BigInt(event.metadata.length);
    log.push(stored);
    const events = streams.get(stream);
    if (events === undefined) streams.set(stream, [stored]);
    else events.push(stored);
    return stored;
  };

  const settingsOf = (stream: string): Settings => {
    const last = streams.get(`$$${stream}`)?.at(-1);
    if (last === undefined) return {};
    try {
      return JSON.parse(Buffer.from(last.data).toString()) as Settings;
    } catch {
      return {};
    }
  };

  const isTombstoned = (stream: string) => streams.get(stream)?.at(-1)?.revision === TOMBSTONE;
  const isDeleted = (stream: string) => settingsOf(stream).$tb === DELETED;
  const current = (stream: string) => streams.get(stream)?.at(-1)?.revision;

  /** Whether these events stand in the stream, in this order, from a revision on. */
  const standing = (stream: string, from: bigint, events: readonly Proposed[]) => {
    const there = streams.get(stream)?.slice(Number(from), Number(from) + events.length) ?? [];
    const same = events.length > 0 && events.every(({ id }, index) => there[index]?.id === id);
    return same ? there.at(-1) : undefined;
  };

  const repeated = (stream: string, expected: Expected, events: readonly Proposed[]) => {
    if (typeof expected === 'bigint') return standing(stream, expected + 1n, events);
    if (expected === 'no_stream') return standing(stream, 0n, events);
    // Unconfirmed: how far back the server remembers ids here. It forgets them at a restart.
    const first = streams.get(stream)?.findLast(({ id }) => id === events[0]?.id);
    return first && standing(stream, first.revision, events);
  };

  const isMet = (stream: string, expected: Expected): boolean => {
    if (expected === 'any') return true;
    const last = current(stream);
    if (expected === 'no_stream') return last === undefined || isDeleted(stream);
    if (expected === 'stream_exists') return last !== undefined && !isDeleted(stream);
    return last === expected;
  };

  const revive = (stream: string, last: bigint) => {
    const data = Buffer.from(JSON.stringify({ $tb: Number(last) + 1 }));
    setSettings(stream, data);
  };

  const setSettings = (stream: string, data: Uint8Array) =>
    store(`$$${stream}`, (current(`$$${stream}`) ?? -1n) + 1n, {
      id: crypto.randomUUID(),
      type: '$metadata',
      contentType: 'application/json',
      data,
      metadata: new Uint8Array(),
    });

  const write = (stream: string, events: readonly Proposed[]): Written => {
    const last = current(stream) ?? -1n;
    const wasDeleted = isDeleted(stream);
    const written = events.map((event, index) => store(stream, last + 1n + BigInt(index), event));
    if (wasDeleted) revive(stream, last);
    const { revision, position } = written.at(-1) ?? { revision: 0n, position: end };
    // Measured: an append of nothing answers 0 and where the next event would be.
    return { kind: 'written', revision, position };
  };

  const changed = () => {
    for (const listener of listeners) listener();
  };

  setSettings('$scavenges', Buffer.from('{"$maxAge":2592000}'));

  return {
    get log(): readonly Stored[] {
      return log;
    },
    onChange: (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    append: (stream: string, expected: Expected, events: readonly Proposed[]): Written => {
      checkRequest(stream, events);
      if (isTombstoned(stream)) return { kind: 'deleted' };
      const met = isMet(stream, expected);
      const before = met && expected !== 'any' ? undefined : repeated(stream, expected, events);
      if (before !== undefined)
        return { kind: 'written', revision: before.revision, position: before.position };
      if (!met) return { kind: 'wrong', current: current(stream) };
      const written = write(stream, events);
      changed();
      return written;
    },
    deleteSoftly: (stream: string, expected: Expected): Written => {
      if (isTombstoned(stream)) return { kind: 'deleted' };
      if (!isMet(stream, expected)) return { kind: 'wrong', current: current(stream) };
      const data = Buffer.from(`{"$tb":${TOMBSTONE}}`);
      const { position } = setSettings(stream, data);
      changed();
      return { kind: 'written', revision: 0n, position };
    },
    tombstone: (stream: string, expected: Expected): Written => {
      if (isTombstoned(stream)) return { kind: 'deleted' };
      if (!isMet(stream, expected)) return { kind: 'wrong', current: current(stream) };
      const { position } = store(stream, TOMBSTONE, {
        id: crypto.randomUUID(),
        type: '$streamDeleted',
        contentType: 'application/octet-stream',
        data: new Uint8Array(),
        metadata: new Uint8Array(),
      });
      changed();
      return { kind: 'written', revision: TOMBSTONE, position };
    },
    /** What may be read of a stream; `undefined` when there is none, or none any more. */
    stream: (name: string): readonly Stored[] | 'tombstoned' | undefined => {
      if (isTombstoned(name)) return 'tombstoned';
      const events = streams.get(name);
      if (events === undefined || isDeleted(name)) return undefined;
      // Measured: of settings only the newest can be read.
      return visible(events, name.startsWith('$$') ? { $maxCount: 1 } : settingsOf(name));
    },
    /** The log as it was when it ended at `position`: what came after it never was. */
    restoreTo: (position: bigint) => {
      log = log.filter((event) => event.position <= position);
      end = (log.at(-1)?.position ?? 548n) + 1_000n;
      streams.clear();
      for (const event of log)
        streams.set(event.stream, [...(streams.get(event.stream) ?? []), event]);
    },
  };
}

export type Database = ReturnType<typeof database>;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function checkRequest(stream: string, events: readonly Proposed[]): void {
  const size = events.reduce((sum, { data, metadata }) => sum + data.length + metadata.length, 0);
  if (size > MAX_APPEND_BYTES) throw new AppendTooLong();
  const isBad = stream === '' || events.some(({ id, type }) => type === '' || !uuid.test(id));
  if (isBad) throw new BadRequest();
}
