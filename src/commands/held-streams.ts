import { LRUCache } from 'lru-cache';
import type { Aggregate } from '#domain/aggregate.ts';
import type { DomainEvent } from '#domain/event.ts';
import { type StreamName, partsOf } from '#domain/stream.ts';
import { type Fold, emptyFold, encodeFold } from './fold.ts';
import { type LoadPorts, foldTail, load, snapshotName } from './load.ts';
import { type Clock, SubjectErased } from './ports.ts';
import { KEY_SEEN_FOR_MS, mayBeKept } from './still-readable.ts';
import { streamQueue } from './stream-queue.ts';

const MAX_HELD = 256;
/** Longer than any command may take, so that nobody is still looking at the state. */
const IDLE_MS = 60_000;
const SNAPSHOT_EVERY_EVENTS = 200;
const SNAPSHOT_EVERY_BYTES = 256_000;

export type HeldPorts = LoadPorts & {
  readonly clock: Clock;
  /** Hears of what went wrong and needs nobody's help. */
  readonly warn: (message: string, error: unknown) => void;
};

export type HeldStream<State, Event extends DomainEvent> = {
  readonly fold: Fold<State, Event>;
  /** The fold was just read from the log, so that reading on would find nothing. */
  readonly isNewest: boolean;
  /** Folds what others wrote since. Answers how many events that was. */
  readonly refresh: () => Promise<number>;
};

export type HeldStreams<State, Event extends DomainEvent> = {
  /** Runs `work` when nobody else in this process is at the stream, on a fold that may be behind. */
  exclusively<T>(
    stream: StreamName,
    work: (held: HeldStream<State, Event>) => Promise<T>,
  ): Promise<T>;
  /**
   * Holds the stream as one without events, unread: its id was just made, so nobody can have written
   * to it. Where that is wrong after all, the first append conflicts, and reads it.
   */
  expectNew(stream: StreamName): void;
  /** Takes a snapshot when enough was folded since the last. Returns at once. */
  snapshotIfDue(stream: StreamName, fold: Fold<State, Event>, lastType: string): void;
  /** Gives back the memory of streams that nobody was at for a while. */
  readonly releaseIdle: () => void;
  /** Waits for snapshots under way, before the process stops. */
  readonly settled: () => Promise<void>;
};

type Held<State, Event extends DomainEvent> = {
  readonly fold: Fold<State, Event>;
  /** When it was loaded, or its key was last seen to be there. */
  keySeenAt: number;
  usedAt: number;
};

type Encoded = { readonly plain: Uint8Array; readonly revision: number };
type Due = { readonly stream: StreamName; readonly encode: () => Encoded | undefined };

/** Keeps the folds of streams in use, so that a command on a busy stream reads nothing. */
export function heldStreams<State, Command, Event extends DomainEvent>(
  ports: HeldPorts,
  aggregate: Aggregate<State, Command, Event>,
): HeldStreams<State, Event> {
  const inTurn = streamQueue();
  /** Snapshots to be taken, one after the other: many become due at once. */
  const due = new Map<string, Due>();
  let saving: Promise<void> | undefined;
  let isSaving = false;
  const held = new LRUCache<StreamName, Held<State, Event>>({
    max: MAX_HELD,
  });

  async function holdOrLoad(stream: StreamName) {
    const now = ports.clock.now().getTime();
    const found = held.get(stream);
    if (found) {
      // Somebody is at it again: it must not be released meanwhile.
      found.usedAt = now;
      const mayBeUsed = await mayStay(stream, found);
      // It took long, and it was released as if nobody were at it.
      if (held.peek(stream) !== found) return await loaded(stream);
      if (mayBeUsed && found.fold.isWhole) return { ...found, isNewest: false };
      // It must not be found again, to be released twice, where loading fails.
      held.delete(stream);
      // Not at once: whoever had the turn before may still be looking at the state it was given.
      void ports.clock.sleep(0).then(() => aggregate.release?.(found.fold.state));
    }
    return await loaded(stream);
  }

  const loaded = async (stream: StreamName) => {
    const keySeenAt = ports.clock.now().getTime();
    return { fold: await load(ports, aggregate, stream), keySeenAt, isNewest: true };
  };

  /** To ask for the key of a stream without events would make one. */
  const mayStay = async (stream: StreamName, found: Held<State, Event>): Promise<boolean> =>
    found.fold.revision < 0
      ? ports.clock.now().getTime() - found.keySeenAt < KEY_SEEN_FOR_MS
      : await mayBeKept(ports, aggregate, stream, found);

  async function saveSnapshots() {
    isSaving = true;
    for (const [name, one] of due) {
      due.delete(name);
      await saveSnapshot(one).catch((error: unknown) => {
        // The next one will do; without any, a load only reads more events.
        if (!(error instanceof SubjectErased)) ports.warn('snapshot not saved', error);
      });
    }
    isSaving = false;
  }

  function encoded(fold: Fold<State, Event>): Encoded | undefined {
    const plain = encodeFold(aggregate, fold);
    if (plain) fold.tail = { events: 0, bytes: 0 };
    return plain && { plain, revision: fold.revision };
  }

  async function saveSnapshot({ stream, encode }: Due) {
    const { snapshot } = aggregate;
    const parts = partsOf(stream);
    const snapshotted = encode();
    if (!snapshotted || !snapshot || !parts) return;
    const { plain, revision } = snapshotted;
    const key = await ports.sealer.keyFor(parts.tenant, snapshot.subject(parts));
    const sealed = key.sealBytes(snapshotName(stream, snapshot.version, revision), plain);
    await ports.snapshots.save(stream, snapshot.version, revision, sealed);
  }

  return {
    exclusively: async (stream, work) =>
      await inTurn(stream, async () => {
        const { fold, keySeenAt, isNewest } = await holdOrLoad(stream);
        held.set(stream, { fold, keySeenAt, usedAt: ports.clock.now().getTime() });
        const refresh = () => foldTail(ports, aggregate, stream, fold);
        return await work({ fold, isNewest, refresh });
      }),

    expectNew: (stream) => {
      if (held.has(stream)) return;
      const now = ports.clock.now().getTime();
      const fold = emptyFold<State, Event>(aggregate.decider.initialState);
      held.set(stream, { fold, keySeenAt: now, usedAt: now });
    },

    snapshotIfDue: (stream, fold, lastType) => {
      const { events, bytes } = fold.tail;
      const isDue = events >= SNAPSHOT_EVERY_EVENTS || bytes >= SNAPSHOT_EVERY_BYTES;
      const isEager = aggregate.snapshot?.eagerAfter?.(lastType) === true;
      if (isEager) {
        // Of this very revision, whatever is written behind it meanwhile.
        const now = encoded(fold);
        due.set(`${stream} ${fold.revision}`, { stream, encode: () => now });
      } else if (isDue) {
        // While others are saved it may be released, and must not be looked at any more.
        const isHeld = () => held.peek(stream)?.fold === fold;
        due.set(stream, { stream, encode: () => (isHeld() ? encoded(fold) : undefined) });
      } else return;
      if (!isSaving) saving = saveSnapshots();
    },

    releaseIdle: () => {
      const before = ports.clock.now().getTime() - IDLE_MS;
      for (const [stream, { fold, usedAt }] of held.entries()) {
        if (usedAt > before) continue;
        held.delete(stream);
        aggregate.release?.(fold.state);
      }
    },

    settled: async () => {
      await saving;
    },
  };
}
