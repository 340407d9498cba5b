import { AppendTooLarge, type Clock, LogUnavailable } from '#commands/ports.ts';
import type { Sequencer, Verdict } from '#infra/log/appending.ts';
import type { CheckedAppend } from '#infra/log/checked-append.ts';
import type { Ticket } from '#infra/log/patience.ts';
import type { SentEvent } from './client.ts';
import type { Connection } from './connection.ts';
import { failureOf, reasonOf } from './failure.ts';
import { judge } from './judge.ts';
import { type KnownStreams, TAIL_EVENTS, type Tail } from './known-streams.ts';
import type { EventStoreReads } from './reads.ts';
import type { TamperWatch } from './tampering.ts';

/** Large appends fill the memory before many of them fill the queue. */
const MAX_WAITING_BYTES = 64_000_000;
/** About a second. Longer, and callers would wait for a log that is away. */
const REPEATS = 7;

type Ports = {
  readonly connection: Connection;
  readonly reads: EventStoreReads;
  readonly known: KnownStreams;
  readonly tampering: TamperWatch;
  readonly clock: Clock;
};

/** What became of one attempt. After `unknown` it may have been written, or may be yet. */
type Sent =
  | {
      readonly outcome: 'written';
      readonly revision: bigint;
      readonly position: bigint | undefined;
    }
  | { readonly outcome: 'wrong' }
  | { readonly outcome: 'unknown'; readonly error: unknown };

/**
 * Appends at an explicit revision. What the server does not check (a second outcome of a command,
 * time that runs backwards) is checked here against the stream's end, which is read when this
 * process does not know it.
 */
export function eventStoreSequencer(ports: Ports): Sequencer {
  const { connection, reads, known, tampering, clock } = ports;
  let waitingBytes = 0;
  /** The last append failed, and none has succeeded since. */
  let isAway = false;

  const readTail = async (stream: string): Promise<Tail> => {
    const newest = reads.stream(stream, 'end', true, TAIL_EVENTS);
    const events = await tampering.believed(stream, newest);
    return known.read(stream, events.toReversed());
  };

  /** The verdict, when the stream's end alone decides; `undefined` when the server has to. */
  const judged = async (append: CheckedAppend, tail: Tail): Promise<Verdict | undefined> => {
    const verdict = judge(append, tail);
    if (verdict?.kind === 'repeated') {
      const { revision } = verdict;
      const position = verdict.position ?? (await positionAt(append.stream, revision));
      return position === undefined ? undefined : { kind: 'appended', revision, position };
    }
    // It may have been appended long before what the tail reaches back to.
    return verdict?.kind === 'wrong' ? ((await standing(append)) ?? verdict) : verdict;
  };

  const positionAt = async (stream: string, revision: number): Promise<bigint | undefined> =>
    (await reads.stream(stream, BigInt(revision), false, 1))[0]?.position;

  /** The append as it is in the log already, at its place. */
  const standing = async ({ stream, expected, events }: CheckedAppend) => {
    const there = await reads.stream(stream, BigInt(expected + 1), false, events.length);
    const same =
      there.length === events.length &&
      events.every(({ header }, index) => there[index]?.header.id === header.id);
    const last = there.at(-1);
    if (!same || last === undefined) return undefined;
    const { position } = last;
    return { kind: 'appended', revision: last.header.revision, position } as const;
  };

  const sendOnce = async ({
    stream,
    expected,
    events,
    headers,
    bytes,
  }: CheckedAppend): Promise<Sent> => {
    try {
      const revision = expected < 0 ? 'no_stream' : BigInt(expected);
      const answer = await connection.call(async (client, heard) => {
        const answered = await client.append(stream, revision, events.map(sentEvent(headers)));
        heard();
        return answered;
      });
      return { outcome: 'written', ...answer };
    } catch (error) {
      const failure = failureOf(error);
      if (failure === 'wrong-revision') return { outcome: 'wrong' };
      if (failure === 'gone') throw tampering.accuse(stream, 'it was deleted for ever');
      if (failure === 'too-large') throw new AppendTooLarge(stream, bytes);
      if (failure === 'refused')
        throw new LogUnavailable('it refuses our credentials', { cause: error });
      return { outcome: 'unknown', error };
    }
  };

  const send = async (append: CheckedAppend, ticket: Ticket): Promise<Verdict> => {
    const { stream, expected, events } = append;
    for (let attempt = 0; ; attempt++) {
      if (ticket.expired) throw new LogUnavailable('it was too slow');
      const sent = await sendOnce(append);
      if (sent.outcome === 'unknown') {
        if (isAway || attempt >= REPEATS) {
          isAway = true;
          throw new LogUnavailable(reasonOf(sent.error), { cause: sent.error });
        }
        await clock.sleep(Math.min(5 * 2 ** attempt, 500));
        continue;
      }
      isAway = false;
      if (sent.outcome === 'wrong') {
        const verdict = await judged(append, await readTail(stream));
        if (verdict !== undefined) return verdict;
        continue;
      }
      const revision = expected + events.length;
      if (sent.revision !== BigInt(revision))
        throw tampering.accuse(stream, 'its numbers go on from events that are not there');
      // Of what an earlier attempt has written the server may not tell where it is.
      const told = attempt === 0 ? sent.position : undefined;
      const position = told ?? (await positionAt(stream, revision).catch(unlessUnavailable));
      if (position === undefined) continue;
      known.appended(stream, events, position);
      return { kind: 'appended', revision, position };
    }
  };

  const submit = async (append: CheckedAppend, ticket: Ticket): Promise<Verdict> => {
    const { stream, expected } = append;
    tampering.checkKnown(stream);
    const before = known.tail(stream);
    const isKnown = expected < 0 ? before === undefined : before?.at(-1)?.revision === expected;
    const tail = isKnown ? (before ?? []) : await readTail(stream);
    return (await judged(append, tail)) ?? (await send(append, ticket));
  };

  return {
    submit: async (append, ticket) => {
      if (waitingBytes + append.bytes > MAX_WAITING_BYTES)
        throw new LogUnavailable('too much waits to be appended');
      waitingBytes += append.bytes;
      try {
        return await submit(append, ticket);
      } finally {
        waitingBytes -= append.bytes;
      }
    },
  };
}

/** What is written can be sent again, and is then answered as the first time. */
const unlessUnavailable = (error: unknown): undefined => {
  if (!(error instanceof LogUnavailable)) throw error;
};

const bytesOf = ({ buffer, byteOffset, length }: Buffer): Uint8Array =>
  new Uint8Array(buffer, byteOffset, length);

/** The client tells bytes from JSON by their class: a `Buffer` would be written as a list of numbers. */
const sentEvent =
  (headers: readonly Buffer[]) =>
  ({ header, body }: CheckedAppend['events'][number], index: number): SentEvent => ({
    id: header.id,
    type: header.type,
    data: body,
    metadata: bytesOf(headers[index]!),
  });
