import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Clock, InspectChanges } from '#commands/ports.ts';
import { MalformedChange } from '#domain/document/accepting/change-chunk.ts';
import { type InspectedChange, inspected } from '#domain/document/accepting/inspected.ts';
import { isTypingAsWritten } from '#domain/document/accepting/typing-as-written.ts';
import { MOST_CHANGE_BYTES } from '#domain/document/limits.ts';

/** Of a thread that reads one change, to twice of it; every sound one takes a thousandth. */
const PATIENCE_MS = 5_000;
const CHECKSUM_AT = 4;
const HASHED_FROM = 8;

type Answer = { readonly id: number; readonly canonical: boolean };
type Waiting = { readonly resolve: () => void; readonly reject: (error: Error) => void };

/**
 * Looks into changes of others before they come near a document. Automerge does not check their
 * checksum (of all 1-bit flips of a change it takes in 47 %), and at bytes that nobody foresaw it
 * may end its thread: so it first reads them in a thread of its own, all but plain typing, of
 * which every byte is known.
 */
export function changeInspector({ clock }: { readonly clock: Clock }): {
  readonly inspect: InspectChanges;
  readonly close: () => Promise<void>;
} {
  const waiting = new Map<number, Waiting>();
  let count = 0;
  let thread: Worker | undefined;
  let isWatched = false;
  const closed = new AbortController();

  const giveUp = (reason: string) => {
    const lost = thread;
    thread = undefined;
    for (const { reject } of waiting.values()) reject(new MalformedChange(reason));
    waiting.clear();
    void lost?.terminate();
  };

  /** One look at a time, because a timer for each change would cost more than reading it. */
  const watch = async () => {
    isWatched = true;
    while (waiting.size > 0) {
      const newest = count - 1;
      await clock.sleep(PATIENCE_MS, closed.signal);
      if ([...waiting.keys()].some((id) => id <= newest)) giveUp('reading it takes too long');
    }
    isWatched = false;
  };

  const start = (): Worker => {
    const started = new Worker(new URL('./inspecting-thread.ts', import.meta.url));
    started.unref();
    started.on('message', ({ id, canonical }: Answer) => {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (canonical) asked?.resolve();
      else asked?.reject(new MalformedChange('Automerge reads or writes it otherwise'));
    });
    const ended = () => {
      if (thread === started) giveUp('it ended the thread that read it');
    };
    started.on('error', ended);
    started.on('exit', ended);
    return started;
  };

  const readElsewhere = async (changes: readonly Uint8Array[]): Promise<void> => {
    const id = count++;
    const read = new Promise<void>((resolve, reject) => waiting.set(id, { resolve, reject }));
    thread ??= start();
    thread.postMessage({ id, changes });
    if (!isWatched) void watch();
    await read;
  };

  return {
    inspect: async (changes) => {
      const read = changes.map(inspectedHere);
      const unusual = read.filter((change) => !isTypingAsWritten(change));
      if (unusual.length > 0) await readElsewhere(unusual.map(({ bytes }) => bytes));
      return read;
    },
    close: async () => {
      closed.abort(null);
      const open = thread;
      thread = undefined;
      await open?.terminate();
    },
  };
}

/** Throws `MalformedChange`. */
function inspectedHere(bytes: Uint8Array): InspectedChange {
  if (bytes.length <= HASHED_FROM) throw new MalformedChange('too few bytes');
  if (bytes.length > MOST_CHANGE_BYTES) throw new MalformedChange('too many bytes');
  const hash = createHash('sha256').update(bytes.subarray(HASHED_FROM)).digest();
  if (hash.compare(bytes, CHECKSUM_AT, HASHED_FROM, 0, HASHED_FROM - CHECKSUM_AT) !== 0) {
    throw new MalformedChange('another checksum');
  }
  return inspected(bytes, hash.toString('hex'));
}
