import { type ServerWritableStream, status as code } from '@grpc/grpc-js';
import type { Database, Stored } from './database.ts';
import { streams } from './protocol.ts';
import { eventAnswer, failure, identifier, streamDeleted, streamOf } from './wire.ts';

export type ReadReq = InstanceType<typeof streams.ReadReq>;
export type ReadResp = InstanceType<typeof streams.ReadResp>;
export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;
type AllOptions = InstanceType<typeof streams.ReadReq.Options.AllOptions>;
type StreamOptions = InstanceType<typeof streams.ReadReq.Options.StreamOptions>;

/** Writes at the pace at which it is read. False when nobody reads any more. */
export async function send(call: ReadCall, answer: ReadResp): Promise<boolean> {
  if (call.cancelled || call.destroyed) return false;
  if (call.write(answer)) return true;
  const events = ['drain', 'close', 'cancelled', 'error'];
  await new Promise<void>((resolve) => {
    const wake = () => {
      for (const event of events) call.removeListener(event, wake);
      resolve();
    };
    for (const event of events) call.on(event, wake);
  });
  return !call.cancelled && !call.destroyed;
}

export const fail = (call: ReadCall, error: Error) => call.emit('error', error);

/** A read that ends. */
export async function read(call: ReadCall, database: Database): Promise<void> {
  const options = call.request.getOptions();
  const count = Number(options?.getCount() ?? 0);
  const backward = Number(options?.getReadDirection()) === 1;
  const all = options?.getAll();
  const stream = options?.getStream();
  const events = all
    ? ofAll(call, database.log, all, backward)
    : stream && ofStream(call, database, stream, backward);
  if (events === undefined) return;
  for (const event of events.slice(0, count)) {
    if (!(await send(call, eventAnswer(event)))) return;
  }
  call.end();
}

function ofStream(call: ReadCall, database: Database, options: StreamOptions, backward: boolean) {
  const name = streamOf(options);
  const events = database.stream(name);
  if (events === 'tombstoned') {
    fail(call, streamDeleted(name));
    return undefined;
  }
  if (events === undefined) {
    const missing = new streams.ReadResp.StreamNotFound();
    missing.setStreamIdentifier(identifier(name));
    const answer = new streams.ReadResp();
    answer.setStreamNotFound(missing);
    call.write(answer);
    call.end();
    return undefined;
  }
  const from = options.hasRevision() ? BigInt(options.getRevision()) : undefined;
  if (!backward) {
    // Forward from the end there is nothing; from the start, everything.
    if (options.hasEnd()) return [];
    return events.filter(({ revision }) => revision >= (from ?? 0n));
  }
  if (options.hasStart()) return events.slice(0, 1);
  return events.filter(({ revision }) => from === undefined || revision <= from).toReversed();
}

function ofAll(call: ReadCall, log: readonly Stored[], options: AllOptions, backward: boolean) {
  const start = placeIn(log, options);
  if (start === 'between') {
    fail(call, failure(code.UNKNOWN, 'Unexpected ReadAllResult: InvalidPosition'));
    return undefined;
  }
  // Measured: forward includes the place, backward does not.
  return backward ? log.slice(0, start).toReversed() : log.slice(start);
}

/** The index of the event that an index or a position names; beyond the end it is the end. */
export function placeIn(log: readonly Stored[], options: AllOptions): number | 'between' {
  if (options.hasStart()) return 0;
  if (options.hasEnd()) return log.length;
  const position = BigInt(options.getPosition()?.getCommitPosition() ?? 0);
  const index = indexOf(log, position);
  if (index === log.length || log[index]!.position === position) return index;
  return 'between';
}

/** Of the first event at or after a position. */
export function indexOf(log: readonly Stored[], position: bigint): number {
  let [low, high] = [0, log.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (log[middle]!.position < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function note(kind: 'confirmation' | 'caughtUp' | bigint): ReadResp {
  const answer = new streams.ReadResp();
  if (kind === 'confirmation') {
    const confirmed = new streams.ReadResp.SubscriptionConfirmation();
    confirmed.setSubscriptionId(crypto.randomUUID());
    answer.setConfirmation(confirmed);
  } else if (kind === 'caughtUp') answer.setCaughtUp(new streams.ReadResp.CaughtUp());
  else {
    const checkpoint = new streams.ReadResp.Checkpoint();
    checkpoint.setCommitPosition(String(kind));
    checkpoint.setPreparePosition(String(kind));
    answer.setCheckpoint(checkpoint);
  }
  return answer;
}
