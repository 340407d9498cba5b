import type { InspectedChange } from '#domain/document/accepting/inspected.ts';
import type { EventHeader, RecordedEvent, StoredEvent, Subject } from '#domain/event.ts';
import type { CommandId, TenantId } from '#domain/ids.ts';
import type { StreamName } from '#domain/stream.ts';

// What the command side needs from the outside world. `infra/` implements it, and an adapter is
// right when the port's contract suite in `test/contracts/` passes.

/** A revision, or what must be true of the stream. */
export type Expected = number | 'none' | 'exists' | 'any';

/** Where the first event of an append will stand, and the time below which none may be recorded. */
export type Place = { readonly revision: number; readonly notBefore: string | undefined };

export type Appended = {
  /** Revision and position of the append's last event. */
  readonly revision: number;
  readonly position: bigint;
};

export type ReadStream = {
  readonly from?: number;
  readonly direction?: 'forward' | 'backward';
  readonly limit?: number;
};

export type ReadAll = {
  /** Exclusive; 0n is before the first event. */
  readonly after: bigint;
  /** Inclusive upper bound, so that a reader can stop at the head it saw when it began. */
  readonly upTo?: bigint;
  readonly tenant?: TenantId;
  readonly types?: readonly string[];
  readonly limit: number;
};

/** At most this many bytes of headers and bodies in one append, on every adapter. */
export const MAX_APPEND_BYTES = 1_000_000;

/** The log of record. Nothing in it is ever changed or deleted. */
export type EventLog = {
  /** Identifies this log: positions of one log mean nothing in another. */
  readonly logId: string;

  /**
   * All of the events or none. `seal` is called with the place they will have, and again if the
   * place has changed meanwhile, because header and seal hold the revision.
   * An append that was already made with the same events (same ids) is answered as the first time.
   *
   * Throws `WrongExpectedRevision`, `DuplicateCommand` (another outcome of the same command is
   * there), `AppendTooLarge`, `LogUnavailable` (nothing is known to be written), `LogTampered`.
   */
  append(
    stream: StreamName,
    expected: Expected,
    seal: (place: Place) => readonly StoredEvent[],
  ): Promise<Appended>;

  /** From `from` (inclusive; default: first, or last when backward). Unknown streams are empty. */
  readStream(stream: StreamName, options?: ReadStream): Promise<readonly RecordedEvent[]>;

  /**
   * In commit order. May answer fewer than `limit` where bodies are large; only an empty answer
   * means that nothing more matches up to the head (or `upTo`).
   */
  readAll(options: ReadAll): Promise<readonly RecordedEvent[]>;

  /**
   * Every event after `after`, in batches, waiting for new ones until `signal` aborts. Reading
   * ahead is bounded by the consumer: the next batch is fetched when it is asked for.
   */
  follow(options: {
    readonly after: bigint;
    readonly signal: AbortSignal;
    /** At most this many events a batch. */
    readonly limit?: number;
  }): AsyncIterable<readonly RecordedEvent[]>;

  /** Position of the newest event; 0n in an empty log. */
  head(): Promise<bigint>;

  /** The event at exactly this position, or undefined: tells a replaced log from ours. */
  at(position: bigint): Promise<RecordedEvent | undefined>;
};

export class WrongExpectedRevision extends Error {
  readonly stream: StreamName;
  readonly expected: Expected;
  /** -1 when the stream does not exist. */
  readonly actual: number;

  constructor(stream: StreamName, expected: Expected, actual: number) {
    super(`${stream} is at revision ${actual}, not at ${expected}.`);
    this.name = 'WrongExpectedRevision';
    this.stream = stream;
    this.expected = expected;
    this.actual = actual;
  }
}

export class DuplicateCommand extends Error {
  constructor(stream: StreamName, commandId: CommandId) {
    super(`${stream} already holds an outcome of command ${commandId}.`);
    this.name = 'DuplicateCommand';
  }
}

export class AppendTooLarge extends Error {
  readonly bytes: number;

  constructor(stream: StreamName, bytes: number) {
    super(`An append of ${bytes} bytes to ${stream} is over the limit of ${MAX_APPEND_BYTES}.`);
    this.name = 'AppendTooLarge';
    this.bytes = bytes;
  }
}

/** The log cannot be reached or is too slow. Nothing was acknowledged; the caller may try again. */
export class LogUnavailable extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`The event log is unavailable: ${reason}`, options);
    this.name = 'LogUnavailable';
  }
}

/** Others write to this stream faster than this command can. It may be tried again. */
export class CommandContended extends Error {
  constructor(stream: StreamName) {
    super(`Too many commands at once on ${stream}.`);
    this.name = 'CommandContended';
  }
}

export { LogTampered } from '#domain/log-tampered.ts';

/** Compresses and encrypts bodies. Keys are fetched first, so that sealing itself is synchronous. */
export type Sealer = {
  /** A key for new bodies of this subject, made when there is none. Throws `SubjectErased`. */
  keyFor(tenant: TenantId, subject: Subject): Promise<SealingKey>;
  /** For bodies that hold neither customer nor personal content: an HMAC, no encryption. */
  plainKey(tenant: TenantId): Promise<SealingKey>;
  /** Fetches the keys that these headers need, in one step, and answers a synchronous opener. */
  opener(headers: readonly EventHeader[]): Promise<Opener>;
  /** Destroys every version of the subject's key, for ever. */
  destroy(tenant: TenantId, subject: Subject): Promise<void>;
};

/** The header before it has an id: what AES-GCM authenticates along with the body. */
export type UnsealedHeader = Omit<EventHeader, 'id' | 'bodyHmac' | 'keyVersion' | 'subject'>;

export type SealingKey = {
  readonly seal: (header: UnsealedHeader, plain: Uint8Array) => StoredEvent;
  /** Seals bytes that are no event (a snapshot), bound to `name` so that they cannot be swapped. */
  readonly sealBytes: (name: string, plain: Uint8Array) => Uint8Array;
  /** A name for `text` that says nothing of it to whoever has not this key (HMAC-SHA-256). */
  readonly nameOf: (text: string) => string;
  /** `undefined` when these bytes are not the ones sealed under `name`. */
  readonly openBytes: (name: string, sealed: Uint8Array) => Uint8Array | undefined;
};

/** The plain body, or `undefined` when the subject's key was destroyed. Throws `LogTampered`. */
export type Opener = (event: StoredEvent) => Uint8Array | undefined;

export class SubjectErased extends Error {
  constructor(subject: Subject) {
    super(`The key of ${subject} was destroyed.`);
    this.name = 'SubjectErased';
  }
}

/**
 * Reads changes of others and says what they hold. Throws `MalformedChange` where one of them is
 * none, or none that Automerge would write just so.
 */
export type InspectChanges = (
  changes: readonly Uint8Array[],
) => Promise<readonly InspectedChange[]>;

/** Folded states, so that a load need not begin at event 0. Never needed for correctness. */
export type SnapshotStore = {
  /** The newest snapshot at or below `upTo` (default: the newest) of this state version. */
  load(
    stream: StreamName,
    stateVersion: number,
    upTo?: number,
  ): Promise<{ readonly revision: number; readonly sealed: Uint8Array } | undefined>;
  save(
    stream: StreamName,
    stateVersion: number,
    revision: number,
    sealed: Uint8Array,
  ): Promise<void>;
};

/** Time, randomness and timers, so that a test can run days in a second and repeat a failing run. */
export type Clock = {
  now(): Date;
  /** Resolves after `ms`, or at once (without throwing) when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
};

export type Ids = {
  /** UUIDv7 of the clock's time. */
  uuid(): string;
  /** Uniform in [0, 1), for jitter. */
  random(): number;
  /** Cryptographically strong; of keys, secrets and nonces. */
  bytes(count: number): Uint8Array;
};
